#!/usr/bin/env bash
# Installs what the tests of webhooks need: GitHub's example payloads, the package that its own clients sign with, and probot, a
# server that takes webhooks. The exact versions are those of app/hook/testdata/node. It prints the folder to put into
# PERTASK_WEBHOOKS; what npm says goes to a file in it.
set -euo pipefail
cd "$(dirname "$0")/.."
from=app/hook/testdata/node
to=$PWD/.ci/webhooks
if ! cmp -s "$from/package-lock.json" "$to/installed.json"; then
	rm -rf "$to"
	mkdir -p "$to"
	cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to"
	if ! (cd "$to" && npm ci --ignore-scripts --no-fund --no-audit </dev/null) >"$to/install.log" 2>&1; then
		echo "webhooks.sh: installing:" >&2
		tail -n 20 "$to/install.log" >&2
		exit 1
	fi
	cp "$from/package-lock.json" "$to/installed.json"
fi
echo "$to"
