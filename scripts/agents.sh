#!/usr/bin/env bash
# Installs coding agents, and ccusage, for internal/agentstest: scripts/agents.sh NAME...
# The exact versions are those of testdata/agents. What is installed already stays as it is. It prints the folder to
# put into PERTASK_AGENTS; what npm says goes to a file beside each agent.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD/.ci/agents
mkdir -p "$root/bin"
for name in "$@"; do
	from=testdata/agents/$name
	to=$root/$name
	if [[ ! -f $from/package-lock.json ]]; then
		echo "agents.sh: $name is not an agent that can be installed; there are: $(ls testdata/agents | tr '\n' ' ')" >&2
		exit 2
	fi
	if cmp -s "$from/package-lock.json" "$to/installed.json"; then
		continue
	fi
	rm -rf "$to"
	mkdir -p "$to"
	cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to"
	how=ci
	case $name in
	# Not every registry has their packages for other systems, and a lock file that lacks one of them is not enough for
	# "npm ci". What the lock file has is held to it all the same.
	opencode | qwen | cline | ccusage) how=install ;;
	esac
	scripts=
	case $name in
	# These put the program of this system in its place when they are installed. No other script of a package is run.
	claude-code) scripts=@anthropic-ai/claude-code ;;
	opencode) scripts=opencode-ai ;;
	esac
	if ! (
		cd "$to" && npm "$how" --ignore-scripts --no-fund --no-audit </dev/null &&
			{ [[ -z $scripts ]] || npm rebuild "$scripts" </dev/null; }
	) >"$to/install.log" 2>&1; then
		echo "agents.sh: installing $name:" >&2
		tail -n 20 "$to/install.log" >&2
		exit 1
	fi
	for program in codex pi claude gemini opencode qwen copilot cline ccusage; do
		if [[ -e $to/node_modules/.bin/$program ]]; then
			ln -sfn "../$name/node_modules/.bin/$program" "$root/bin/$program"
		fi
	done
	cp "$from/package-lock.json" "$to/installed.json"
done
echo "$root/bin"
