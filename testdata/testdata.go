// Package testdata holds the fixtures that programs embed: recorded trials that the demo replays.
//
// It knows files and their sources. Nothing else belongs here.
package testdata

import "embed"

// Recorded holds recorded trials in the form pertask.recorded/1: JSON lines, of which the first names the source.
//
//go:embed recorded/*.jsonl
var Recorded embed.FS
