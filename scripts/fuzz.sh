#!/bin/sh
# Runs every native fuzz target of the module for FUZZTIME, one after the other.
set -eu
go=${GO:-go}
time=${FUZZTIME:-10s}
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# fuzz runs one target. Go sometimes reports the end of the time itself as a failure, "context deadline exceeded",
# without an input that fails: that one is no finding. Making an input smaller may take all of the time otherwise.
fuzz() {
	if "$go" test -run '^$' -fuzz "^$2\$" -fuzztime "$time" -fuzzminimizetime 20x "$1" </dev/null >"$out" 2>&1; then
		grep -E '^fuzz: elapsed' "$out" | tail -n 1
		return 0
	fi
	if grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input written' "$out"; then
		echo "the time ended while an input ran"
		return 0
	fi
	cat "$out"
	return 1
}

list=$(mktemp)
trap 'rm -f "$out" "$list"' EXIT
grep -rl --include='*_test.go' '^func Fuzz' . | sort | while read -r file; do
	sed -n "s|^func \(Fuzz[A-Za-z0-9_]*\)(.*|$(dirname "$file") \1|p" "$file"
done >"$list"
# With a fuzz target's instruments SQLite takes minutes to compile, so packages that have it in wait for FUZZ_SQL.
sql() {
	[ -z "${FUZZ_SQL:-}" ] && "$go" list -test -deps "$1" | grep -q '^modernc.org/sqlite$'
}
while read -r dir target; do
	if sql "$dir"; then
		echo "leaving out $dir $target: FUZZ_SQL=1 has it"
		continue
	fi
	echo "fuzzing $dir $target for $time"
	fuzz "$dir" "$target"
done <"$list"
echo "$(wc -l <"$list") fuzz targets, no failing input"
