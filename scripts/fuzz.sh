#!/usr/bin/env bash
# Runs fuzz targets, each so many times: all of them, or as many as are given, other
# ones every day. Fails at the first that finds anything, which then lies in its
# package's testdata/fuzz: commit it with the repair.
#
#   scripts/fuzz.sh COUNT [TARGETS] [GO TEST FLAG]...
set -euo pipefail
cd "$(dirname "$0")/.."
count=$1 some=${2:-all}
shift $(($# < 2 ? $# : 2))
mapfile -t targets < <(grep -rno 'func Fuzz[A-Za-z]*' --include='*_test.go' . | sed -E 's|/[^/]*_test\.go:[0-9]+:func | |' | sort -u)
[ ${#targets[@]} -ge 15 ] || { echo "only ${#targets[@]} fuzz targets were found"; exit 1; }
first=0 number=${#targets[@]}
if [ "$some" != all ]; then
	number=$some first=$(($(date +%s) / 86400 * some))
fi
for ((i = 0; i < number; i++)); do
	read -r package name <<<"${targets[(first + i) % ${#targets[@]}]}"
	go test "$@" -run '^$' -fuzz "^$name\$" -fuzztime "${count}x" "$package" >"${TMPDIR:-/tmp}/fuzz.$$" 2>&1 || { cat "${TMPDIR:-/tmp}/fuzz.$$"; exit 1; }
	echo "$package $name $* tried $(grep -oE 'execs: [0-9]+' "${TMPDIR:-/tmp}/fuzz.$$" | tail -n 1 | cut -d' ' -f2) cases"
	rm -f "${TMPDIR:-/tmp}/fuzz.$$"
done
