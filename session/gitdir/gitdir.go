// Package gitdir says which repository a folder is of, and which branch was checked out at a time, from the files that git
// keeps.
//
// It knows where git keeps its configuration, its HEAD and the journal of HEAD, also for further work trees and
// submodules. It runs nothing, writes nothing, and refuses to know what is done with the answer. What it cannot find is
// empty and no error: folders come from logs and may be gone.
package gitdir

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Limits of what is read of a file.
const (
	maxSmall   = 1 << 20  // of a configuration
	maxJournal = 16 << 20 // of a journal
	maxUp      = 64       // folders that are looked at upwards
)

// Checkout is what git's files say of one folder.
type Checkout struct {
	Remote string // address of the remote, as it is configured; "" where there is none
	head   string // branch, or object id of a detached HEAD
	moves  []move
}

// move is a line of HEAD's journal that says what was checked out.
type move struct {
	at       int64 // seconds since 1970
	from, to string
}

// Find looks for the repository of a folder, also of one that is there no more: then it is that of the nearest folder above
// it that is. It returns nil where there is none.
func Find(dir string) *Checkout {
	if !filepath.IsAbs(dir) {
		return nil
	}
	dir = filepath.Clean(dir)
	for range maxUp {
		if own, common, ok := gitDir(dir); ok {
			return read(own, common)
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return nil
}

// gitDir returns git's folder of a work tree, and the one that its work trees share.
func gitDir(dir string) (own, common string, ok bool) {
	own = filepath.Join(dir, ".git")
	info, err := os.Lstat(own)
	switch {
	case err != nil:
		return "", "", false
	case info.Mode().IsRegular(): // of a further work tree, or of a submodule
		text := small(own)
		to, is := strings.CutPrefix(text, "gitdir:")
		if !is {
			return "", "", false
		}
		own = absolute(dir, strings.TrimSpace(to))
	case !info.IsDir():
		return "", "", false
	}
	if info, err := os.Lstat(filepath.Join(own, "HEAD")); err != nil || info.IsDir() {
		return "", "", false
	}
	common = own
	if to := strings.TrimSpace(small(filepath.Join(own, "commondir"))); to != "" {
		common = absolute(own, to)
	}
	return own, common, true
}

func absolute(dir, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

func read(own, common string) *Checkout {
	c := &Checkout{}
	head := strings.TrimSpace(small(filepath.Join(own, "HEAD")))
	if branch, ok := strings.CutPrefix(head, "ref: refs/heads/"); ok {
		c.head = branch
	} else if !strings.HasPrefix(head, "ref:") {
		c.head = head
	}
	c.Remote = remote(small(filepath.Join(common, "config")), c.head)
	c.moves = journal(filepath.Join(own, "logs", "HEAD"))
	return c
}

// small reads a small file. It is "" for what is none, such as a device.
func small(name string) string {
	text, err := regular(name, maxSmall)
	if err != nil {
		return ""
	}
	return string(text)
}

// regular reads the first bytes of a regular file.
func regular(name string, most int64) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, os.ErrInvalid
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// journal reads what was checked out when.
func journal(name string) []move {
	text, err := regular(name, maxJournal)
	if err != nil {
		return nil
	}
	var moves []move
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, maxSmall)
	for s.Scan() {
		who, what, ok := strings.Cut(s.Text(), "\t")
		if !ok {
			continue
		}
		from, to, ok := strings.Cut(strings.TrimPrefix(what, "checkout: moving from "), " to ")
		if !ok || !strings.HasPrefix(what, "checkout: moving from ") {
			continue
		}
		if at, ok := second(who); ok {
			moves = append(moves, move{at, from, to})
		}
	}
	sort.SliceStable(moves, func(i, j int) bool { return moves[i].at < moves[j].at })
	return moves
}

// second reads the time of a line of a journal: "OLD NEW NAME <MAIL> SECONDS ZONE".
func second(who string) (int64, bool) {
	_, rest, ok := strings.Cut(who[strings.LastIndexByte(who, '<')+1:], "> ")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// Branch returns the branch that was checked out at a time, "HEAD" for a detached one, and "" where that is not known.
func (c *Checkout) Branch(at time.Time) string {
	name := c.head
	if i := sort.Search(len(c.moves), func(i int) bool { return c.moves[i].at > at.Unix() }); i > 0 {
		name = c.moves[i-1].to
	} else if len(c.moves) > 0 {
		name = c.moves[0].from
	}
	if isID(name) {
		return "HEAD"
	}
	return name
}

// isID reports whether a name is an object's id, whole or short: no branch is named so by people.
func isID(s string) bool {
	return len(s) >= 7 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}
