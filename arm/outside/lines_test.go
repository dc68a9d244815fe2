package outside_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm/outside"
)

// reversed is the patch that undoes another.
func reversed(patch string) string {
	lines := strings.Split(patch, "\n")
	var out, added []string
	end := func() {
		out = append(out, added...)
		added = nil
	}
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "@@"):
			end()
			out = append(out, regexp.MustCompile(`@@ -(\S+) \+(\S+) @@`).ReplaceAllString(l, "@@ -$2 +$1 @@"))
		case strings.HasPrefix(l, "+"):
			out = append(out, "-"+l[1:])
		case strings.HasPrefix(l, "-"):
			added = append(added, "+"+l[1:])
		default:
			end()
			out = append(out, l)
		}
	}
	end()
	return strings.Join(out, "\n")
}

// randomFiles returns two versions of a file with known ids, longer names that have them inside, and other text.
func randomFiles(r *rand.Rand) (old, now []string) {
	words := append(slices.Clone(knownModels), "gpt-5.4-nano", "my-gpt-5.5", "o3.", "_o3_", "x", "model=", "gpt-5.4.", "\"gpt-5.5\",", "gpt-5.5x", "o", "")
	line := func() string {
		var out []string
		for range r.IntN(4) {
			out = append(out, words[r.IntN(len(words))])
		}
		return strings.Join(out, []string{" ", "/", ", ", "(", "  "}[r.IntN(5)])
	}
	for range 1 + r.IntN(12) {
		old = append(old, line())
	}
	for _, l := range old {
		switch r.IntN(6) {
		case 0:
		case 1:
			now = append(now, line())
		case 2:
			now = append(now, l, line())
		default:
			now = append(now, l)
		}
	}
	return old, now
}

// diffOf returns one hunk from old to now: what they have in common at both ends is context.
func diffOf(old, now []string) string {
	start := 0
	for start < min(len(old), len(now)) && old[start] == now[start] {
		start++
	}
	end := 0
	for end < min(len(old), len(now))-start && old[len(old)-1-end] == now[len(now)-1-end] {
		end++
	}
	var out []string
	for _, l := range old[:start] {
		out = append(out, " "+l)
	}
	for _, l := range old[start : len(old)-end] {
		out = append(out, "-"+l)
	}
	for _, l := range now[start : len(now)-end] {
		out = append(out, "+"+l)
	}
	for _, l := range old[len(old)-end:] {
		out = append(out, " "+l)
	}
	return fmt.Sprintf("@@ -1,%d +1,%d @@\n%s", len(old), len(now), strings.Join(out, "\n"))
}

// idsIn counts the known ids of lines, slowly: at each byte, the longest one that stands there as a whole.
func idsIn(lines []string) map[string]int {
	byLength := slices.SortedFunc(slices.Values(knownModels), func(a, b string) int { return len(b) - len(a) })
	inName := func(c byte) bool { return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' }
	out := map[string]int{}
	for _, l := range lines {
		for i := 0; i < len(l); {
			n := 1
			before := strings.TrimRight(l[:i], "._")
			free := before == "" || !inName(before[len(before)-1])
			for _, id := range byLength {
				after := strings.TrimLeft(strings.TrimPrefix(l[i:], id), "._")
				if free && strings.HasPrefix(l[i:], id) && (after == "" || !inName(after[0])) {
					out[id]++
					n = len(id)
					break
				}
			}
			i += n
		}
	}
	return out
}

// TestAgainstTheWholeFiles compares what is found in the hunk of two random files with what the files have: an id
// appears or disappears where they have it a different number of times, and the line that is named has it.
func TestAgainstTheWholeFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found := 0
	for i := range 3000 {
		old, now := randomFiles(r)
		before, after := idsIn(old), idsIn(now)
		var gone, come []string
		for _, id := range knownModels {
			if before[id] > after[id] {
				gone = append(gone, id)
			} else if before[id] < after[id] {
				come = append(come, id)
			}
		}
		got := outside.Models([]outside.FileDiff{{Path: "a", Patch: diffOf(old, now)}}, none, knownModels)
		if len(gone)+len(come) == 0 || max(len(gone), len(come)) > 5 {
			continue // none, or places that are changed, or more than are named
		}
		found++
		if len(got) != 1 {
			t.Fatalf("%d: %d findings, want %v -> %v in\n%s", i, len(got), gone, come, diffOf(old, now))
		}
		text := strings.TrimPrefix(got[0].Text, "A known model changes outside of the watched files, which is neither applied nor measured: ")
		changed, _, _ := strings.Cut(text, " in a")
		from, to, _ := strings.Cut(changed, " -> ")
		if diff := cmp.Diff([]string{names(gone), names(come)}, []string{sortedNames(from), sortedNames(to)}); diff != "" {
			t.Fatalf("%d: (-want +got):\n%s\n%s", i, diff, diffOf(old, now))
		}
		if line := got[0].Source.Line; line > 0 {
			if ids := idsIn(now[line-1 : line]); !slices.ContainsFunc(come, func(id string) bool { return ids[id] > 0 }) {
				t.Fatalf("%d: line %d is %q, which has none of %v", i, line, now[line-1], come)
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d of the files differ", found)
	}
}

func names(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(slices.Values(ids)), ", ")
}

func sortedNames(list string) string { return names(strings.Split(list, ", ")) }

// TestReversed holds that undoing a change is found where the change is, the other way round.
func TestReversed(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		old, now := randomFiles(r)
		patch := diffOf(old, now)
		there := outside.Models([]outside.FileDiff{{Path: "a", Patch: patch}}, none, knownModels)
		back := outside.Models([]outside.FileDiff{{Path: "a", Patch: reversed(patch)}}, none, knownModels)
		if len(there) != len(back) {
			t.Fatalf("%d findings one way and %d the other:\n%s", len(there), len(back), patch)
		}
	}
}

// TestKnownIDs has lists of ids that say the same, and ids that nothing is.
func TestKnownIDs(t *testing.T) {
	diffs := []outside.FileDiff{{Path: "a", Patch: patch("-gpt-5.4 openai/gpt-5.5", "+gpt-5.4-mini", "+x . _ -")}}
	want := outside.Models(diffs, none, knownModels)
	if len(want) != 1 {
		t.Fatal(want)
	}
	backwards := slices.Clone(knownModels)
	slices.Reverse(backwards)
	for name, known := range map[string][]string{
		"in another order": backwards,
		"twice":            append(slices.Clone(knownModels), knownModels...),
		"with odd ones":    append([]string{"", " ", "/", "ü", "\n"}, knownModels...),
	} {
		if diff := cmp.Diff(want, outside.Models(diffs, none, known)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := outside.Models(diffs, none, nil); got != nil {
		t.Errorf("without known ids: %+v", got)
	}
}
