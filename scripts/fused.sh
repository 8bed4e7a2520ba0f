#!/usr/bin/env bash
# Looks for fused multiply-adds in the code that compilers make of the exact packages,
# on architectures where Go fuses. None may be there: they round once where two rounded
# operations are meant. First it is shown that such code would be seen.
#
#   scripts/fused.sh [ARCHITECTURE]...
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
module=$(go list -m)
packages="arith|container|codec|codec/transform|internal/exact|model/(cm|ensemble|gguf|lm|lm/kernel|mix|paq|token)"
# FMADD, FMSUB and their like; on amd64 VFMADD231 and others; vectors as well.
fused='\b(V?FN?M(ADD|SUB|LA|LS|A|S)([DSFH0-9][A-Z0-9]*)?|V?F(MADD|MSUB|NMADD|NMSUB)[A-Z0-9]*|[WV](FMA|FMS|FNMA|FNMS)([SDX]B)?|(MADB|MADBR|MAEBR|MSDBR|MSEBR|MAEB))\b'

mkdir "$dir/seen"
cat >"$dir/seen/go.mod" <<'END'
module seen
go 1.26
END
cat >"$dir/seen/main.go" <<'END'
package main

import "os"

//go:noinline
func sum(a, b, c float64) float64 { return a*b + c }

func main() { os.Exit(int(sum(1, 2, float64(len(os.Args))))) }
END

[ $# -gt 0 ] || set -- arm64 riscv64 s390x ppc64le loong64 amd64/v3
# code BINARY SYMBOLS prints the instructions of symbols that match. Of amd64's vector
# instructions Go's own disassembler knows nothing.
code() {
	if [ "$arch" = amd64 ]; then
		objdump -d --no-show-raw-insn "$1" | awk -v symbols="$2" '/^[0-9a-f]+ </ { on = substr($2, 2) ~ symbols } on { print toupper($0) }'
	else
		go tool objdump -s "$2" "$1"
	fi
}

for target; do
	arch=${target%/*}
	if [ "$arch" = amd64 ] && ! objdump -i 2>/dev/null | grep -q x86-64; then
		echo "skipped: no objdump for $target"
		continue
	fi
	export GOARCH=$arch GOAMD64=v1 CGO_ENABLED=0
	[ "$target" = "$arch" ] || GOAMD64=${target#*/}
	(cd "$dir/seen" && go build -o "$dir/control" .)
	control=$(code "$dir/control" '^main\.sum' | grep -cE "$fused" || true)
	[ "$control" -gt 0 ] || { echo "$target: a fused instruction would not be seen"; exit 1; }
	go build -o "$dir/pith" ./cmd/pith
	code "$dir/pith" "^$module/($packages)\." >"$dir/code"
	lines=$(wc -l <"$dir/code")
	[ "$lines" -gt 10000 ] || { echo "$target: only $lines lines of code were found"; exit 1; }
	if grep -nE "$fused" "$dir/code" >"$dir/found"; then
		echo "$target: fused instructions:"
		head "$dir/found"
		exit 1
	fi
	echo "$target: no fused instruction in $lines lines of code"
done
