#!/usr/bin/env bash
# Prints two tables for docs/LLAMA.md, with the pith that `make build-llama` makes: sizes
# of the same texts by both engines, restored, and speed with 1, 2 and 4 workers on
# four blocks. Takes some forty minutes on two quiet cores.
# Usage: scripts/llama.sh FOLDER, where FOLDER holds the Canterbury corpus. SIZE is how
# many bytes of each text are taken (none: no first table), BLOCK those of a block, PITH the
# program.
set -euo pipefail
from=${1:?usage: scripts/llama.sh FOLDER}
size=${SIZE:-32768}
pith=$(realpath "${PITH:-./pith}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
block=${BLOCK:-16384}
head -c $((4 * block)) "$from/lcet10.txt" >"$folder/blocks"
for name in alice29.txt asyoulik.txt fields.c; do head -c "$size" "$from/$name" >"$folder/$name"; done
cd "$folder"

# coded FILE prints the bytes of its blocks: headers differ by the fingerprint.
coded() { "$pith" list --json "$1" | grep -o '"compressed_bytes":[0-9]*' | sed -n '3,$s/.*://p' | paste -sd+ | bc; }

if [ "$size" != 0 ]; then
	echo "| text | bytes | native | llama | difference |"
	echo "| --- | ---: | ---: | ---: | ---: |"
	for name in alice29.txt asyoulik.txt fields.c; do
		"$pith" -q -k -o native.pith -f "$name"
		"$pith" -q -k -o llama.pith -f --backend llama -T1 "$name"
		for kind in native llama; do "$pith" -q -dc -T1 $kind.pith | cmp - "$name"; done
		a=$(coded native.pith) b=$(coded llama.pith)
		echo "| $name | $(stat -c %s "$name") | $a | $b | $(echo "scale=2; 100*($b-$a)/$a" | bc) % |"
	done
fi
echo
echo "| workers | compress s | restore s |"
echo "| ---: | ---: | ---: |"
now() { date +%s.%N; }
for workers in 1 2 4; do
	a=$(now)
	"$pith" -q -k -f --backend llama -T1 --workers $workers --block-size $block -o $workers.pith blocks
	b=$(now)
	"$pith" -q -dc -T1 --workers $workers $workers.pith | cmp - blocks
	c=$(now)
	cmp $workers.pith 1.pith
	printf '| %d | %.0f | %.0f |\n' $workers "$(echo "$b-$a" | bc)" "$(echo "$c-$b" | bc)"
done
