#!/usr/bin/env bash
# Compares what pith bench says of the real programs with what they make when they are
# run by hand, for every file of a folder (Canterbury if none is given).
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1-../shared/corpora/canterbury}
[ -d "$folder" ] || { echo "skipped: no $folder"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith
by_hand() {
	case $1 in
	gzip-9) gzip -9nc "$2" ;;
	bzip2-9) bzip2 -9c "$2" ;;
	xz-9e) xz -9ec -T1 "$2" ;;
	zstd-19) zstd -q19c --single-thread "$2" ;;
	brotli-11) brotli -q 11 -c "$2" ;;
	lz4-9) lz4 -q9c "$2" ;;
	esac
}
codecs=
for codec in gzip-9 bzip2-9 xz-9e zstd-19 brotli-11 lz4-9; do
	if command -v "${codec%-*}" >/dev/null; then codecs=$codecs,$codec; else echo "skipped: no ${codec%-*}"; fi
done
"$dir/pith" bench "$folder" --codecs "${codecs#,}" -j 2 -q --format csv >"$dir/table"
count=0
while IFS=, read -r file codec _ coded _; do
	[ "$file" != file ] || continue
	hand=$(by_hand "$codec" "$folder/$file" | wc -c)
	[ "$hand" = "$coded" ] || { echo "$codec makes $hand bytes of $file by hand, $coded in pith bench"; exit 1; }
	count=$((count + 1))
done <"$dir/table"
[ $count -gt 0 ] || { echo "nothing was compared"; exit 1; }
echo "$count sizes agree"
