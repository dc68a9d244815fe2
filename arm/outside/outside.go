// Package outside looks for model ids in what a pull request changes outside of the settings files that are read.
//
// It knows the text of diffs and what could hold the name of a model by a file's name. It refuses to know which files
// are watched and what a model id means: both are told to it.
package outside

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// FileDiff is what a pull request changes in one file.
type FileDiff struct {
	Path         string // in the head; in the merge base for a file that is removed
	PreviousPath string // in the merge base, for a file that is renamed
	// Patch is the text of the hunks as GitHub gives it, from the first "@@" on; "" when it is not given, as
	// for a binary file, a large one, or one without changed lines.
	Patch string
	// Changes counts the lines added and removed; 0 when that is not known.
	Changes int
}

// Finding is something in a diff that a reader of the report must know.
type Finding struct {
	Code   string          // stable, such as "model-outside-watched-files"
	Text   string          // one sentence; contains text of the pull request, so escape it
	Source document.Source // in the head
}

// Limits of the findings of Models.
const (
	maxOutside       = 100
	maxPatchesAbsent = 10
	maxIDsShown      = 5
)

// Models returns a finding for each file that is not watched and in whose changed lines a known model id
// appears or disappears: an application that has its model in its source code or in a workflow changes it
// there, and no setting shows it.
//
// An id counts where it stands as a whole: not inside of a longer name of letters, digits, '.', '_' and '-',
// so that gpt-5.4 is not found in gpt-5.4-mini; a '.' or '_' around it is punctuation. It appears or disappears
// when the file's added and removed lines have it a different number of times, or when a block of changed
// lines has other ids, or the same in another order, than the lines that it replaces: a line that is moved or
// changed around the id is no finding, two models that change places are one. Findings have the code
// "model-outside-watched-files"; after 100 files, one more counts the rest.
//
// A file whose patch is not given is a finding, "diff-not-given", when it could be code or configuration by its
// name, is no lock file and no rename without changes. After 10 of them, one more counts the rest.
//
// The work is linear in the length of the patches; the number of ids hardly matters.
func Models(diffs []FileDiff, watched func(FileDiff) bool, known []string) []Finding {
	index := newModelIndex(known)
	var changed, absent []Finding
	moreChanged, moreAbsent := 0, 0
	for _, d := range diffs {
		switch {
		case watched(d):
		case d.Patch == "" && mayHideModel(d):
			moreAbsent += limited(&absent, maxPatchesAbsent, diffNotGiven(d))
		default:
			if f, ok := index.inFile(d); ok {
				moreChanged += limited(&changed, maxOutside, f)
			}
		}
	}
	if moreChanged > 0 {
		changed = append(changed, Finding{Code: "model-outside-watched-files",
			Text: fmt.Sprintf("Known models change in %d more files outside of the watched files.", moreChanged)})
	}
	if moreAbsent > 0 {
		absent = append(absent, Finding{Code: "diff-not-given",
			Text: fmt.Sprintf("GitHub gives no diff of %d more files, in which a model could change unseen.", moreAbsent)})
	}
	return append(changed, absent...)
}

// limited appends a finding, or returns 1 when there are enough.
func limited(list *[]Finding, limit int, f Finding) int {
	if len(*list) == limit {
		return 1
	}
	*list = append(*list, f)
	return 0
}

func diffNotGiven(d FileDiff) Finding {
	return Finding{Code: "diff-not-given",
		Text:   fmt.Sprintf("GitHub gives no diff of %s, in which a model could change unseen.", document.Shorten(d.Path, 200)),
		Source: document.Source{Path: d.Path}}
}

// What could hold the name of a model, by extension or by name.
var (
	codeExtensions = strings.Fields(`.go .py .pyi .ipynb .js .jsx .mjs .cjs .ts .tsx .mts .cts .vue .svelte .java .kt .kts
		.scala .groovy .gradle .rb .rs .php .cs .fs .vb .swift .m .mm .c .h .cc .cpp .hpp .dart .ex .exs .erl .hs .ml .clj
		.lua .pl .r .jl .sh .bash .zsh .fish .ps1 .bat .sql .yaml .yml .json .jsonc .json5 .jsonl .toml .ini .cfg .conf
		.config .properties .env .xml .tf .tfvars .hcl .nix .cue .jsonnet .libsonnet .bzl .proto .graphql .mk .tmpl .j2`)
	codeNames = strings.Fields(`dockerfile makefile justfile procfile rakefile jenkinsfile build workspace dotenv`)
	lockNames = strings.Fields(`package-lock.json npm-shrinkwrap.json pnpm-lock.yaml composer.lock cargo.lock
		packages.lock.json .terraform.lock.hcl`)
)

// mayHideModel reports whether a file without a patch is worth a finding.
func mayHideModel(d FileDiff) bool {
	if d.PreviousPath != "" && d.Changes == 0 {
		return false
	}
	base := strings.ToLower(path.Base(d.Path))
	if slices.Contains(lockNames, base) || strings.Contains(base, ".min.") {
		return false
	}
	return slices.Contains(codeExtensions, path.Ext(base)) || slices.Contains(codeNames, base) ||
		strings.HasPrefix(base, ".env.") || strings.HasPrefix(base, "dockerfile.")
}

// modelIndex finds known ids in text. Ids are found by the first word in them; a word is a run of letters,
// digits, '.', '_' and '-'.
type modelIndex map[string][]string

func newModelIndex(known []string) modelIndex {
	out := modelIndex{}
	for _, id := range known {
		start, end := nextWord(id, 0)
		if start < end && !slices.Contains(out[id[start:end]], id) {
			out[id[start:end]] = append(out[id[start:end]], id)
		}
	}
	for _, ids := range out {
		// The longest id that fits is the one that is meant.
		slices.SortFunc(ids, func(a, b string) int { return len(b) - len(a) })
	}
	return out
}

func isWordByte(c byte) bool {
	return c == '.' || c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// nextWord returns the next word from an offset on; start == end at the end of the text.
func nextWord(s string, from int) (start, end int) {
	for start = from; start < len(s) && !isWordByte(s[start]); start++ {
	}
	for end = start; end < len(s) && isWordByte(s[end]); end++ {
	}
	return start, end
}

// idsIn returns the known ids in a line, in order.
func (x modelIndex) idsIn(line string) []string {
	var out []string
	for at := 0; ; {
		start, end := nextWord(line, at)
		if start == end {
			return out
		}
		id, stop := x.match(line, start, end)
		if id == "" {
			at = end
			continue
		}
		out = append(out, id)
		at = max(stop, end)
	}
}

// match returns the id that stands at a word, and the offset after it.
func (x modelIndex) match(line string, start, end int) (string, int) {
	for start < end && (line[start] == '.' || line[start] == '_') {
		start++
	}
	for _, word := range []string{line[start:end], strings.TrimRight(line[start:end], "._")} {
		for _, id := range x[word] {
			stop := start + len(id)
			if strings.HasPrefix(line[start:], id) && endsWord(line, stop) {
				return id, stop
			}
		}
	}
	return "", end
}

// endsWord reports whether a name that ends at an offset ends there, or is followed by punctuation only.
func endsWord(line string, at int) bool {
	_, end := nextWord(line[:min(len(line), at+maxPunctuation)], at)
	rest := line[at:end]
	if len(rest) > 0 && !isWordByte(line[at]) {
		return true
	}
	return strings.Trim(rest, "._") == ""
}

// maxPunctuation is how much punctuation after an id is looked at.
const maxPunctuation = 16

// changedLines is what the patch of one file does to known ids.
type changedLines struct {
	index   modelIndex
	seen    map[string]*changedID
	order   []string    // ids as they were seen first
	block   [2][]string // ids of the block of changed lines so far: removed, added
	swapped []string    // ids of blocks whose ids differ
}

// changedID counts an id in removed [0] and in added [1] lines.
type changedID struct {
	count [2]int
	first [2]int // the first line, in the merge base and in the head; 0 when that is not known
}

// inFile returns the finding about one file.
func (x modelIndex) inFile(d FileDiff) (Finding, bool) {
	c := changedLines{index: x, seen: map[string]*changedID{}}
	c.read(d.Patch)
	var gone, come []string
	for _, id := range c.order {
		switch n := c.seen[id].count; {
		case n[0] > n[1]:
			gone = append(gone, id)
		case n[0] < n[1]:
			come = append(come, id)
		}
	}
	if len(gone)+len(come) == 0 {
		for _, id := range c.swapped {
			if !slices.Contains(gone, id) {
				gone = append(gone, id)
			}
		}
		come = gone
	}
	if len(gone)+len(come) == 0 {
		return Finding{}, false
	}
	return c.finding(d, gone, come), true
}

func (c *changedLines) finding(d FileDiff, gone, come []string) Finding {
	at := document.Source{Path: d.Path}
	where := document.Shorten(d.Path, 200)
	if line := c.firstLine(come, 1); line > 0 {
		at.Line, at.Column = line, 1
		where = fmt.Sprintf("%s:%d", where, line)
	} else if line := c.firstLine(gone, 0); line > 0 {
		where = fmt.Sprintf("%s, line %d of the merge base", where, line)
	}
	what := listIDs(gone) + " -> " + listIDs(come)
	if len(gone) > 0 && slices.Equal(gone, come) {
		what = "the places of " + listIDs(gone)
	}
	return Finding{Code: "model-outside-watched-files", Source: at,
		Text: fmt.Sprintf("A known model changes outside of the watched files, which is neither applied nor measured: %s in %s.", what, where)}
}

// firstLine returns the first line of one side that has any of the ids, or 0.
func (c *changedLines) firstLine(ids []string, side int) int {
	first := 0
	for _, id := range ids {
		if n := c.seen[id].first[side]; n > 0 && (first == 0 || n < first) {
			first = n
		}
	}
	return first
}

func listIDs(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	more := ""
	if n := len(ids) - maxIDsShown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
		ids = ids[:maxIDsShown]
	}
	return strings.Join(ids, ", ") + more
}

// read goes through the lines of a patch. The counts in a hunk's header say which lines belong to it, so that a
// removed line that starts with "-- " is not taken for the header of a file.
func (c *changedLines) read(patch string) {
	var old, now hunkSide
	for line := range strings.SplitSeq(patch, "\n") {
		if a, b, ok := parseHunk(line); ok {
			c.endBlock()
			old, now = a, b
			continue
		}
		if line == "" {
			line = " " // some tools drop the space of an empty line
		}
		switch line[0] {
		case '-':
			c.changed(line[1:], old.take(), 0)
		case '+':
			c.changed(line[1:], now.take(), 1)
		case '\\': // "\ No newline at end of file"
		default:
			c.endBlock()
			old.take()
			now.take()
		}
	}
	c.endBlock()
}

// changed counts the ids in a changed line; side is 0 for a removed one and 1 for an added one.
func (c *changedLines) changed(text string, line, side int) {
	if side == 0 && len(c.block[1]) > 0 {
		c.endBlock()
	}
	for _, id := range c.index.idsIn(text) {
		n := c.seen[id]
		if n == nil {
			n = &changedID{}
			c.seen[id] = n
			c.order = append(c.order, id)
		}
		if n.count[side] == 0 {
			n.first[side] = line
		}
		n.count[side]++
		c.block[side] = append(c.block[side], id)
	}
}

// endBlock compares what a block of changed lines had with what it has.
func (c *changedLines) endBlock() {
	old, now := c.block[0], c.block[1]
	if len(old) > 0 && len(now) > 0 && !slices.Equal(old, now) {
		c.swapped = append(append(c.swapped, old...), now...)
	}
	c.block = [2][]string{}
}

// hunkSide counts the lines of one side of a hunk.
type hunkSide struct{ line, left int }

// take returns the number of the next line, or 0 when the header does not tell.
func (h *hunkSide) take() int {
	if h.left <= 0 {
		return 0
	}
	h.left--
	h.line++
	return h.line - 1
}

var hunkPattern = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// parseHunk reads "@@ -1,2 +3,4 @@ ...". A count that is left out is 1.
func parseHunk(line string) (old, now hunkSide, ok bool) {
	m := hunkPattern.FindStringSubmatch(line)
	if m == nil {
		return old, now, false
	}
	var n [4]int
	for i, digits := range m[1:] {
		if digits == "" {
			digits = "1"
		}
		var err error
		if n[i], err = strconv.Atoi(digits); err != nil {
			return old, now, false
		}
	}
	return hunkSide{n[0], n[1]}, hunkSide{n[2], n[3]}, true
}
