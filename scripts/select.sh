#!/usr/bin/env bash
# Measures the memory of pith select on sources of growing size, made here, and that
# its output is the same for all numbers of threads, for each engine, and on arm64
# under qemu-user.
#
#   scripts/select.sh [MIB...]
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x /usr/bin/time ] || { echo "skipped: no /usr/bin/time"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith

# Records of random words of two languages, one in eight of the second.
records() { # bytes, seed
	awk -v bytes="$1" -v seed="$2" 'BEGIN {
		srand(seed)
		split("the of and to in is you that it he was for on are as with his they at be", a)
		split("der die und in den von zu das mit sich des auf ist im dem nicht ein eine als auch", b)
		while (n < bytes) {
			text = ""; second = rand() < 0.125
			for (i = 20 + int(150 * rand()); i > 0; i--) { w = 1 + int(20 * rand()); text = text " " (second ? b[w] : a[w]) int(1000 * rand()) }
			line = "{\"id\":" id++ ",\"text\":\"" text "\",\"second\":" (second ? "true" : "false") "}"
			n += length(line) + 1; print line
		}
	}'
}
records 40000 1 | grep '"second":true' >"$dir/target"

echo "| source, MiB | documents | chosen right of 1,000 | MB/s, read twice | memory, MiB |"
echo "| ---: | ---: | ---: | ---: | ---: |"
for m in ${*:-16 64 256}; do
	records $((m << 20)) 2 >"$dir/source"
	/usr/bin/time -f '%M %e' -o "$dir/time" "$dir/pith" select -q -k 1000 --target "$dir/target" --source "$dir/source" --as jsonl >"$dir/out"
	read -r memory seconds <"$dir/time"
	speed=$(awk -v m="$m" -v s="$seconds" 'BEGIN { printf "%.1f", m * 1.048576 / s }')
	echo "| $m | $(wc -l <"$dir/source") | $(grep -c '"second":true' "$dir/out") | $speed | $((memory >> 10)) |"
done

# The same output whatever the threads, run to run.
records 60000 3 >"$dir/source"
for engine in ngram deflate zstd cm neural; do
	options=(-q -k 20 --target "$dir/target" --source "$dir/source" --as jsonl --engine "$engine")
	if [ $engine = neural ]; then # it is slow
		head -n 12 "$dir/source" >"$dir/few"
		options=(-q -k 3 --target "$dir/target" --source "$dir/few" --as jsonl --engine neural --prefilter 2)
	fi
	"$dir/pith" select "${options[@]}" -T 1 >"$dir/one"
	for threads in 1 2 5 16; do
		"$dir/pith" select "${options[@]}" -T "$threads" | cmp - "$dir/one"
	done
	echo "$engine: the same $(wc -l <"$dir/one") documents with 1, 2, 5 and 16 threads"
done
if ! command -v qemu-aarch64-static >/dev/null; then
	echo "skipped: no qemu-aarch64-static for the run on arm64"
	exit 0
fi
CGO_ENABLED=0 GOARCH=arm64 go build -o "$dir/pith-arm64" ./cmd/pith
for engine in ngram cm; do
	options=(-q -k 20 --target "$dir/target" --source "$dir/source" --as jsonl --engine "$engine")
	"$dir/pith" select "${options[@]}" >"$dir/one"
	qemu-aarch64-static "$dir/pith-arm64" select "${options[@]}" | cmp - "$dir/one"
	echo "$engine: the same on arm64"
done
"$dir/pith" align -q --format tsv go.mod go.sum README.md >"$dir/one"
qemu-aarch64-static "$dir/pith-arm64" align -q --format tsv go.mod go.sum README.md | cmp - "$dir/one"
echo "align: the same on arm64"
