#!/usr/bin/env bash
# Installs what the tests of comments and pages need: GitHub's sanitizer and Mermaid, and axe-core with what drives a
# browser. The exact versions are those of testdata/web. It prints the folder to put into PERTASK_WEB; what npm says goes to
# a file in it.
set -euo pipefail
cd "$(dirname "$0")/.."
from=testdata/web
to=$PWD/.ci/web
if ! cmp -s "$from/package-lock.json" "$to/installed.json"; then
	rm -rf "$to"
	mkdir -p "$to"
	cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to"
	if ! (cd "$to" && npm ci --ignore-scripts --no-fund --no-audit </dev/null) >"$to/install.log" 2>&1; then
		echo "web.sh: installing:" >&2
		tail -n 20 "$to/install.log" >&2
		exit 1
	fi
	cp "$from/package-lock.json" "$to/installed.json"
fi
echo "$to"
