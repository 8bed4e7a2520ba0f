#!/usr/bin/env bash
# What takes too long for every change: races, all fuzz targets, all architectures,
# coverage, seeded faults, the disassembly.
# FUZZ is how often each target runs. Takes hours.
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/run
echo "+ race detector"
go test -race -short -timeout 60m -cpu 1,4 ./...
echo "+ coverage"
scripts/coverage.sh
echo "+ seeded faults"
go run ./internal/mutate -n 150 ./arith ./container
echo "+ fused instructions"
scripts/fused.sh
for arch in arm:arm ppc64le:ppc64le riscv64:riscv64 loong64:loongarch64 s390x:s390x arm64:aarch64; do
	qemu=qemu-${arch#*:}-static
	if command -v "$qemu" >/dev/null; then
		echo "+ GOARCH=${arch%:*} under $qemu"
		CGO_ENABLED=0 GOARCH=${arch%:*} go test -timeout 60m -exec "$qemu" -run 'Golden|Vectors|Truncation' ./arith ./container ./model/... ./codec
	else
		echo "skipped: no $qemu"
	fi
done
for tags in "" purego; do
	scripts/fuzz.sh "${FUZZ:-500000}" all -tags "$tags"
done
