#!/usr/bin/env bash
# Measures Canterbury by the default codecs and writes the table and the picture of
# README.md and docs/RESULTS.md anew. A run that was stopped goes on where it was; to
# measure all anew, remove docs/bench/canterbury.jsonl first. Takes half an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=../shared/corpora/canterbury
[ -d $corpus ] || { echo "skipped: no $corpus"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith
mkdir -p docs/bench
"$dir/pith" bench canterbury=$corpus --log docs/bench/canterbury.jsonl --format markdown --plot docs/bench/canterbury.svg >"$dir/all"
# The second table is that of the codecs.
awk '/^$/ { n++ } n == 1 && NF' "$dir/all" >"$dir/sums"
for file in README.md docs/RESULTS.md; do
	table=$dir/sums
	[ $file = README.md ] || table=$dir/all
	awk -v table="$table" '/<!-- bench -->/ { print; while ((getline line < table) > 0) print line; skip = 1 }
		/<!-- end -->/ { skip = 0 } !skip || /<!-- bench -->/ && 0' "$file" >"$dir/new"
	cp "$dir/new" "$file"
done
