#!/usr/bin/env bash
# Static analysis, and known vulnerabilities in what is linked, where the tools for it
# can be had; what is missing is said.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:$(go env GOPATH)/bin
tool() {
	command -v "${1##*/}" >/dev/null || go install "$1@$2" >/dev/null 2>&1 || { echo "skipped: no ${1##*/}"; return 1; }
}
if tool honnef.co/go/tools/cmd/staticcheck v0.8.2; then
	staticcheck ./...
	echo "staticcheck has nothing to say of $(go list ./... | wc -l) packages"
fi
if tool golang.org/x/vuln/cmd/govulncheck v1.9.0; then
	if ! govulncheck ./... >"${TMPDIR:-/tmp}/vuln.$$" 2>&1; then
		# Without the list of vulnerabilities it says nothing.
		grep -q '^Vulnerability #' "${TMPDIR:-/tmp}/vuln.$$" && { cat "${TMPDIR:-/tmp}/vuln.$$"; exit 1; }
		echo "skipped: govulncheck cannot reach its list"
	else
		tail -n 1 "${TMPDIR:-/tmp}/vuln.$$"
	fi
	rm -f "${TMPDIR:-/tmp}/vuln.$$"
fi
