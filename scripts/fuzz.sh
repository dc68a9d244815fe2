#!/bin/sh
# Runs every native fuzz target of the module for FUZZTIME, one after the other.
set -eu
go=${GO:-go}
time=${FUZZTIME:-10s}
grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do
	dir=$(dirname "$file")
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
		echo "fuzzing $dir $target for $time"
		"$go" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir" </dev/null
	done
done
