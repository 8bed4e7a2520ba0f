#!/usr/bin/env bash
# Compresses and restores files through files, at LEVEL, and through pipes, and
# prints a table. Fails if a byte differs, or if the two ways make different
# files. Through pipes, files of more than 32 KiB go at level 2 at most, for time.
#
#   scripts/roundtrip.sh [LEVEL [FILE...]]
#
# Without files: everything in ../shared/corpora/canterbury and misc, an empty
# file, one byte, 1 MiB of random bytes (always the same), and fields.c twenty
# times over. PITH names a program to use instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:-6}
shift || true
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pith=${PITH:-$dir/pith}
[ -n "${PITH:-}" ] || go build -o "$pith" ./cmd/pith

files=("$@")
if [ ${#files[@]} = 0 ]; then
	corpora=../shared/corpora
	[ -d $corpora ] || { echo "skipped: no $corpora"; exit 0; }
	: >"$dir/empty"
	printf x >"$dir/one-byte"
	# The generator of Park and Miller; its products are exact in awk's numbers.
	LC_ALL=C awk 'BEGIN { for (x = 1; i++ < 1048576;) { x = x * 16807 % 2147483647; printf "%c", int(x / 8388608) } }' >"$dir/random-1MiB"
	[ "$(stat -c %s "$dir/random-1MiB")" = 1048576 ]
	for _ in $(seq 20); do cat $corpora/canterbury/fields.c; done >"$dir/fields.c-20-times"
	files=($corpora/canterbury/* $corpora/misc/* "$dir/empty" "$dir/one-byte" "$dir/random-1MiB" "$dir/fields.c-20-times")
fi

now() { date +%s.%N; }
echo "| file | bytes | level -$level | bits per byte | compress, s | restore, s |"
echo "| --- | ---: | ---: | ---: | ---: | ---: |"
raw=0 coded=0
for f in "${files[@]}"; do
	name=$(basename "$f")
	cp "$f" "$dir/in"
	t0=$(now)
	"$pith" -qf "-$level" -o "$dir/out.pith" "$dir/in"
	t1=$(now)
	"$pith" -qdf -o "$dir/back" "$dir/out.pith"
	t2=$(now)
	cmp "$f" "$dir/back"
	n=$(stat -c %s "$f") c=$(stat -c %s "$dir/out.pith")
	piped=$level
	[ "$n" -le 32768 ] || [ "$level" -le 2 ] || piped=2
	"$pith" -q "-$piped" <"$f" | tee "$dir/piped.pith" | "$pith" -qd | cmp - "$f"
	[ "$piped" != "$level" ] || cmp "$dir/out.pith" "$dir/piped.pith"
	raw=$((raw + n)) coded=$((coded + c))
	awk -v f="$name" -v n="$n" -v c="$c" -v a="$t0" -v b="$t1" -v d="$t2" 'BEGIN {
		printf "| %s | %d | %d | %s | %.1f | %.1f |\n", f, n, c, n ? sprintf("%.3f", 8*c/n) : "", b-a, d-b }'
done
awk -v n="$raw" -v c="$coded" 'BEGIN { printf "| total | %d | %d | %s | | |\n", n, c, n ? sprintf("%.3f", 8*c/n) : "" }'
echo "all ${#files[@]} files restored, through files and through pipes"
