#!/usr/bin/env bash
# Measures Canterbury and writes the picture docs/bench/canterbury.svg, and the tables
# of README.md and docs/RESULTS.md between <!-- bench --> and <!-- end -->. A run that was stopped goes on where it was; to measure all
# anew, remove docs/bench/canterbury.jsonl first. Takes some minutes, with pith-6
# among CODECS half an hour; times need a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."
corpus=../shared/corpora/canterbury
[ -d $corpus ] || { echo "skipped: no $corpus"; exit 0; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/pith" ./cmd/pith
mkdir -p docs/bench
"$dir/pith" bench canterbury=$corpus --codecs "${CODECS-gzip-9,bzip2-9,xz-9e,zstd-19,brotli-11,zpaq-5,pith-1,pith-2,pith-3,pith-4}" \
	--log docs/bench/canterbury.jsonl --format markdown --plot docs/bench/canterbury.svg >"$dir/all"
# The second table is that of the codecs.
awk '!NF { n++ } n == 1 && NF' "$dir/all" >"$dir/sums"
for file in README.md docs/RESULTS.md; do
	grep -q '^<!-- bench -->$' $file || { echo "$file has no place for the table:"; cat "$dir/sums"; continue; }
	table=$dir/sums
	[ $file = README.md ] || table=$dir/all
	awk -v table="$table" '/^<!-- end -->$/ { skip = 0 }
		!skip
		/^<!-- bench -->$/ { while ((getline line < table) > 0) print line; skip = 1 }' "$file" >"$dir/new"
	cp "$dir/new" "$file"
done
