// Package session reads the logs that coding agents keep of their sessions on this machine, into entries of the ledger.
//
// It knows where agents keep their logs, which of their files were read and how far, and that a call counts once wherever
// its line was copied to. It refuses to know what is in a line (packages claudecode, codex, gemini and opencode), how calls
// add up (package tally), and which pull request they are of. It writes nothing but its own state, runs nothing, and keeps
// nothing of what was said in a session: numbers, and the names of models, repositories and branches.
package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pertask/pertask/session/claudecode"
	"github.com/pertask/pertask/session/codex"
	"github.com/pertask/pertask/session/gemini"
	"github.com/pertask/pertask/session/opencode"
)

// Home is a folder in which an agent keeps its logs.
type Home struct {
	Harness string // such as "claude-code"
	Dir     string
}

// Homes returns the folders of all agents that are there, given the environment and the user's home folder. It looks
// where the agents themselves do: CLAUDE_CONFIG_DIR (several are separated by commas) or ~/.claude and claude in
// XDG_CONFIG_HOME; CODEX_HOME or ~/.codex; .gemini in GEMINI_CLI_HOME or the home; opencode in XDG_DATA_HOME or
// ~/.local/share. A folder that is reached in two ways is there once.
func Homes(getenv func(string) string, home string) []Home {
	var out []Home
	add := func(harness string, dirs ...string) {
		for _, dir := range dirs {
			if dir == "" || !filepath.IsAbs(dir) {
				continue
			}
			real, err := filepath.EvalSymlinks(dir)
			if err != nil {
				continue
			}
			h := Home{harness, real}
			if info, err := os.Stat(real); err == nil && info.IsDir() && !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	in := func(variable string, rest ...string) string {
		dir := getenv(variable)
		if dir == "" {
			return ""
		}
		return filepath.Join(append([]string{dir}, rest...)...)
	}
	below := func(rest ...string) string {
		if home == "" {
			return ""
		}
		return filepath.Join(append([]string{home}, rest...)...)
	}
	if dirs := getenv("CLAUDE_CONFIG_DIR"); dirs != "" {
		for dir := range strings.SplitSeq(dirs, ",") {
			add(claudecode.Name, strings.TrimSpace(dir))
		}
	} else {
		add(claudecode.Name, below(".claude"), in("XDG_CONFIG_HOME", "claude"), below(".config", "claude"))
	}
	if dir := getenv("CODEX_HOME"); dir != "" {
		add(codex.Name, dir)
	} else {
		add(codex.Name, below(".codex"))
	}
	if dir := getenv("GEMINI_CLI_HOME"); dir != "" {
		add(gemini.Name, filepath.Join(dir, ".gemini"))
	} else {
		add(gemini.Name, below(".gemini"))
	}
	if dir := in("XDG_DATA_HOME", "opencode"); dir != "" {
		add(opencode.Name, dir)
	} else {
		add(opencode.Name, below(".local", "share", "opencode"))
	}
	return out
}
