#!/usr/bin/env bash
# Prints bits per byte of every file of ../shared/corpora at every level, beside
# other programs: of the first 4 MiB at the levels without the language model, of
# the first 256 KiB at those with it. What pith makes is restored and compared.
#
#   scripts/levels.sh FOLDER    keeps sizes in FOLDER, and goes on where it stopped
#
# RESTORE names the levels to restore, all of them if it is not set: at -8 and -9
# that takes an hour and more. LEVELS names the neural levels to show.
set -euo pipefail
cd "$(dirname "$0")/.."
corpora=../shared/corpora
keep=${1:?name a folder for the sizes}
restore=${RESTORE-1 2 3 4 5 6 7 8 9}
levels=${LEVELS--5 -6 -7 -8 -9}
[ -d $corpora ] || { echo "skipped: no $corpora"; exit 0; }
mkdir -p "$keep"
go build -o "$keep/pith" ./cmd/pith
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
others="gzip bzip2 xz zstd brotli zpaq"
for program in $others; do
	command -v $program >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done

# compress CODEC FILE prints the size of what the codec makes of the file.
compress() {
	case $1 in
	gzip) gzip -9nc "$2" | wc -c ;;
	bzip2) bzip2 -9c "$2" | wc -c ;;
	xz) xz -9ec "$2" | wc -c ;;
	zstd) zstd --ultra -22 -qc "$2" | wc -c ;;
	brotli) brotli -q 11 -c "$2" | wc -c ;;
	zpaq)
		rm -f "$dir/x.zpaq"
		(cd "$dir" && zpaq a x.zpaq "$2" -m5 >/dev/null 2>&1)
		stat -c %s "$dir/x.zpaq"
		;;
	-*)
		"$keep/pith" -q "$1" -c "$2" >"$dir/x.pith"
		if [[ " $restore " == *" ${1#-} "* ]]; then
			"$keep/pith" -qdc "$dir/x.pith" | cmp - "$2" >&2 || { echo "$2 at $1 is not restored" >&2; return 1; }
		fi
		stat -c %s "$dir/x.pith"
		;;
	esac
}

# table BYTES CODEC... prints a table of the first so many bytes of the files.
table() {
	local most=$1 name size file codec
	shift
	printf '| file | bytes |'
	printf ' %s |' "$@"
	printf '\n| --- | ---: |'
	printf ' ---: |%.0s' "$@"
	printf '\n'
	for file in canterbury/{alice29.txt,asyoulik.txt,cp.html,fields.c,grammar.lsp,kennedy.xls,lcet10.txt,plrabn12.txt,ptt5,sum,xargs.1} \
		large/{bible.txt,enwik7-1M.txt,world192.txt} misc/{fireworks.jpeg,geo.protodata,paper-100k.pdf,urls.10K} silesia/{mr,xml}.xz; do
		name=$(basename "$file" .xz)
		case $file in
		*.xz) xz -dc $corpora/"$file" 2>/dev/null | head -c "$most" >"$dir/$name" || true ;;
		*) head -c "$most" $corpora/"$file" >"$dir/$name" ;;
		esac
		size=$(stat -c %s "$dir/$name")
		printf '| %s | %d |' "$name" "$size"
		for codec in "$@"; do
			local result="$keep/$name.$size.$codec"
			[ -s "$result" ] || { compress "$codec" "$dir/$name" >"$result.part" && mv "$result.part" "$result"; }
			awk -v n="$(<"$result")" -v size="$size" 'BEGIN { printf " %.3f |", 8*n/size }'
		done
		printf '\n'
	done
}

table 4194304 $others -1 -2 -3 -4
echo
table 262144 $others -4 $levels
