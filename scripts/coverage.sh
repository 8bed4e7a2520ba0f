#!/usr/bin/env bash
# Measures which statements the tests run, and fails below what was promised. The
# scripts of cmd/pith run the program in processes of their own, which count as well.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
code=0
while read -r package least; do
	go test -coverprofile="$dir/profile" "$package" >"$dir/out" || { cat "$dir/out"; exit 1; }
	# Blocks that are listed twice, as by several processes, count once.
	awk -v package="$package" -v least="$least" 'NR > 1 { n[$1] = $2; if ($3 > 0) hit[$1] = 1 }
		END { for (b in n) { all += n[b]; if (b in hit) good += n[b] }
			printf "%s: %.1f %% of %d statements, want %d\n", package, 100 * good / all, all, least
			exit 100 * good / all < least }' "$dir/profile" || code=1
done <<'END'
./arith 98
./container 98
./codec 95
./cmd/pith 85
END
exit $code
