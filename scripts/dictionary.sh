#!/usr/bin/env bash
# Prints what a dictionary of 64 KiB gains on 25 files of some 2 KB that are like it:
# bits per byte of the files together, each compressed by itself, without and with
# the dictionary. What pith makes with it is restored and compared.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith

# pieces KIND cuts standard input at line ends: the first 64 KiB become the
# dictionary, 25 pieces from behind it files.
pieces() {
	mkdir -p "$dir/$1"
	awk -v dir="$dir/$1" 'n < 65536 { n += length($0) + 1; print > (dir "/dictionary"); next }
		count < 25 { size += length($0) + 1; print > (dir "/piece" count); if (size > 2000) { size = 0; count++ } }'
}

# total NAME... prints the bytes of files together.
total() { cat "$@" | wc -c; }

pieces json < <(go list -json std | tr -d '\n\t' | sed 's/}{/}\n{/g')
pieces urls <../shared/corpora/misc/urls.10K
pieces packages < <(awk -v RS= '{ gsub("\n", "\\n"); print }' /var/lib/dpkg/status)
pieces program < <(cat "$(go env GOROOT)"/src/net/http/*.go)
pieces prose <../shared/corpora/canterbury/lcet10.txt

echo '| kind | bytes | zstd -19 | with -D | pith -3 | with -D | pith -6 | with -D |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
for kind in ${KINDS:-json urls packages program prose}; do
	files=("$dir/$kind"/piece*)
	size=$(total "${files[@]}")
	printf '| %s | %d |' "$kind" "$size"
	for codec in zstd -3 -6; do
		for with in "" "-D $dir/$kind/dictionary"; do
			out="$dir/$kind$codec"
			rm -rf "$out" && mkdir "$out"
			if [ $codec = zstd ]; then
				zstd -19 -q --no-check $with --output-dir-flat "$out" "${files[@]}"
			else
				"$dir/pith" -qk $codec $with "${files[@]}"
				mv "$dir/$kind"/*.pith "$out"
				for f in ${with:+"$out"/*.pith}; do
					"$dir/pith" -qdc $with "$f" | cmp - "$dir/$kind/$(basename "$f" .pith)"
				done
			fi
			printf ' %s |' "$(echo "scale=3; 8 * $(total "$out"/*) / $size" | bc | sed 's/^\./0./')"
		done
	done
	echo
done
