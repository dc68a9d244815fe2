#!/bin/sh
# Runs every native fuzz target of the module, each for FUZZTIME of one core. As many run at a time as there are cores, and
# a package's test program with its instruments is built once.
set -eu
go=${GO:-go}
time=${FUZZTIME:-10s}

# fuzz runs one target of a test program, in the package's folder. Go sometimes reports the end of the time itself as a
# failure, "context deadline exceeded", without an input that fails: that one is no finding. Making an input smaller may
# take all of the time otherwise. Inputs that are new to it lie where "go test -fuzz" keeps them too.
fuzz() {
	if "$dir/test" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$time" -test.fuzzminimizetime 20x -test.parallel 1 \
		-test.fuzzcachedir "$cache/$1" </dev/null >"$dir/out" 2>&1; then
		echo "$1 $2: $(grep -E '^fuzz: elapsed' "$dir/out" | tail -n 1)"
		return 0
	fi
	if grep -q 'context deadline exceeded' "$dir/out" && ! grep -q 'Failing input written' "$dir/out"; then
		echo "$1 $2: the time ended while an input ran"
		return 0
	fi
	echo "$1 $2: $(cat "$dir/out")"
	return 1
}

# With a fuzz target's instruments SQLite takes minutes to compile, so packages that have it in wait for FUZZ_SQL.
sql() {
	[ -z "${FUZZ_SQL:-}" ] && "$go" list -test -deps "$1" | grep -q '^modernc.org/sqlite$'
}

# targets lists the fuzz targets of a package's folder.
targets() {
	sed -n 's|^func \(Fuzz[A-Za-z0-9_]*\)(.*|\1|p' "$1"/*_test.go
}

# package runs the fuzz targets of one package.
package() {
	if sql "$1"; then
		echo "leaving out $1: FUZZ_SQL=1 has it"
		return 0
	fi
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	cache=$("$go" env GOCACHE)/fuzz
	path=$("$go" list "$1")
	"$go" test -c -fuzz . -ldflags '-s -w' -o "$dir/test" "$1"
	cd "$1"
	for target in $(targets .); do
		fuzz "$path" "$target"
	done
}

if [ $# -gt 0 ]; then
	package "$1"
	exit
fi
packages=$(grep -rl --include='*_test.go' '^func Fuzz' . | sed 's|/[^/]*$||' | sort -u)
# xargs goes on after one that fails, and fails itself at the end.
echo "$packages" | xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 sh "$0"
echo "$(for p in $packages; do targets "$p"; done | wc -l) fuzz targets, no failing input"
