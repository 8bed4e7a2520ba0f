#!/usr/bin/env bash
# Prints what docs/RESULTS.md says of sizes: five texts at the best level, each
# restored and compared, beside the bounds set for them.
set -euo pipefail
cd "$(dirname "$0")/.."
corpora=../shared/corpora
[ -d $corpora ] || { echo "skipped: no $corpora"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith
code=0
echo "| file | bytes | pith -9 | bound | compress, s | restore, s |"
echo "| --- | ---: | ---: | ---: | ---: | ---: |"
while read -r file size bound; do
	head -c "$size" "$corpora/$file" >"$dir/in"
	t0=$(date +%s.%N)
	"$dir/pith" -qf9 "$dir/in"
	t1=$(date +%s.%N)
	"$dir/pith" -qdf -o "$dir/back" "$dir/in.pith"
	t2=$(date +%s.%N)
	cmp "$dir/in" "$dir/back"
	n=$(stat -c %s "$dir/in.pith")
	[ "$n" -le "$bound" ] || code=1
	awk -v f="$file" -v s="$(stat -c %s "$dir/in")" -v n="$n" -v b="$bound" -v x="$t0" -v y="$t1" -v z="$t2" \
		'BEGIN { printf "| %s | %d | %d | %d | %.0f | %.0f |\n", f, s, n, b, y-x, z-y }'
done <<LIST
canterbury/fields.c 11150 975
canterbury/alice29.txt 152089 19150
canterbury/asyoulik.txt 125179 21900
canterbury/lcet10.txt 131072 15700
large/world192.txt 131072 15300
LIST
exit $code
