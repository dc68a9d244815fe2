#!/bin/sh
# Prints those of the given packages in which the race detector can find something: whose code or tests start goroutines
# or programs, share values, or use a package that is there for that. The others, such as decoders of one wire format, it
# would only make slow, and "make soak" runs those with it too.
set -eu
signs='"sync"|"sync/atomic"|"context"|"net|"os/exec"|errgroup|githubtest|\bgo func\b|\bgo [A-Za-z_]+[.(]|\.Go\(|\bchan\b|<-|\.Parallel\(|RunParallel'
all=$("${GO:-go}" list -f '{{.ImportPath}} {{.Dir}}' "$@")
echo "$all" | while read -r path dir; do
	if cat "$dir"/*.go | grep -qE "$signs"; then
		echo "$path"
	fi
done
