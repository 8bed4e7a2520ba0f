#!/usr/bin/env bash
# Compresses a text with every set of kernels and 1 and 2 threads: the files
# must be the same, and each way must restore it, so each restores the file of
# each other. Then the same on arm64 under qemu-user, for the first 256 bytes.
#
#   scripts/cross.sh [FILE [BYTES]]
set -euo pipefail
cd "$(dirname "$0")/.."
file=${1:-../shared/corpora/canterbury/asyoulik.txt}
bytes=${2:-1024}
[ -f "$file" ] || { echo "skipped: no $file"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith
head -c "$bytes" "$file" >"$dir/in"

runs=0 first=""
kernels=()
for k in generic avx2 avxvnni avx512vnni amx; do
	if PITH_KERNELS=$k "$dir/pith" -q -6 <"$dir/in" >"$dir/$k" 2>"$dir/err"; then
		kernels+=("$k")
	elif [ $k != generic ] && grep -q 'has no .* kernels' "$dir/err"; then
		echo "skipped: no $k on this machine"
	else # anything else is a fault of the kernels
		cat "$dir/err"
		exit 1
	fi
done
for k in "${kernels[@]}"; do
	for t in 1 2; do
		PITH_KERNELS=$k "$dir/pith" -q -6 -T "$t" <"$dir/in" >"$dir/$k-$t"
		first=${first:-$dir/$k-$t}
		cmp "$first" "$dir/$k-$t"
		PITH_KERNELS=$k "$dir/pith" -qd -T "$t" <"$first" | cmp - "$dir/in"
		runs=$((runs + 1))
		echo "$k, $t threads: $(stat -c %s "$dir/$k-$t") bytes, the same file, restored"
	done
done
echo "$runs ways make one file of $bytes bytes of $(basename "$file")"

if ! command -v qemu-aarch64-static >/dev/null; then
	echo "skipped: no qemu-aarch64-static for the run on arm64"
	exit 0
fi
CGO_ENABLED=0 GOARCH=arm64 go build -o "$dir/pith-arm64" ./cmd/pith
head -c 256 "$file" >"$dir/in"
"$dir/pith" -q -9 <"$dir/in" >"$dir/amd64"
qemu-aarch64-static "$dir/pith-arm64" -q -9 <"$dir/in" >"$dir/arm64"
cmp "$dir/amd64" "$dir/arm64"
qemu-aarch64-static "$dir/pith-arm64" -qd <"$dir/amd64" | cmp - "$dir/in"
echo "arm64 makes the same file of 256 bytes and restores it"
