package work_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/queue"
)

// A turn has a push and then an acceptance; its worker dies after the acceptance was written and before it was Done. The acceptance
// is then the first of its turn for the first time: attempt 1.
func TestAcceptAfterAKill(t *testing.T) {
	w := newWorldOf(t, "", "verdict: {mode: block}\n")
	w.hub.SetPermission(w.repo, "bob", "write")
	w.deliver(w.pulled("opened"))
	time.Sleep(1100 * time.Millisecond) // GitHub's times are in seconds, and the button is pressed after the result was shown
	w.at = time.Now()
	for _, n := range []queue.Note{w.note(w.pressed("bob", buttonAccept)), w.note(w.commented("bob", "/pertask accept I have read it"))} {
		for i := range 2 {
			if err := w.attempt(t.Context(), 1, n); err != nil {
				t.Fatal(err)
			}
			c := w.check()
			if c.Conclusion != "success" {
				t.Errorf("%s, time %d: check run %s %s %q", n.Kind, i+1, c.Status, c.Conclusion, c.Title)
			}
			body := ""
			for _, x := range w.hub.Comments(w.repo, w.pull) {
				if x.Author == "pertask[bot]" {
					body = x.Body
				}
			}
			if strings.Contains(body, "efused") {
				t.Errorf("our comment says that it was refused")
			}
		}
	}
	if got := w.acts(); len(got) != 2 || got[0].Verb != "accept" || got[1].Verb != "accept" {
		t.Errorf("the audit log has %+v, want each acceptance once", got)
	}
}

// What was refused is in the audit log as if it had been done.
func TestARefusedAcceptanceIsNotInTheAuditLog(t *testing.T) {
	w := newWorldOf(t, "", "verdict: {mode: block}\n")
	w.hub.SetPermission(w.repo, "bob", "write")
	w.deliver(w.commented("bob", "/pertask accept blindly"))
	if a := w.acts(); len(a) != 0 {
		t.Errorf("nothing was accepted, and the audit log has %s by %s: %q", a[0].Verb, a[0].Actor, a[0].Reason)
	}
}

// A press that GitHub sends again days later is about the result that was shown when it was pressed, and no newer one.
func TestAPressOfAnOlderResult(t *testing.T) {
	w := newWorldOf(t, "", "verdict: {mode: block}\n")
	w.hub.SetPermission(w.repo, "bob", "write")
	w.deliver(w.pulled("opened"))
	late := w.pressed("bob", buttonAccept)
	w.deliver(w.commented("bob", "/pertask more"))
	time.Sleep(1100 * time.Millisecond) // GitHub's times are in seconds
	w.at = time.Now()
	w.deliver(late)
	if c := w.check(); c.Conclusion != "failure" {
		t.Errorf("check run %+v", c)
	}
	unknown := w.pressed("bob", buttonAccept)
	unknown.Check.ID = 0
	w.deliver(unknown)
	gone := w.pressed("bob", buttonAccept)
	gone.Check.ID += 1000
	w.deliver(gone)
	if c := w.check(); c.Conclusion != "failure" {
		t.Errorf("check run %+v", c)
	}
	said := false
	for _, x := range w.hub.Comments(w.repo, w.pull) {
		said = said || x.Author == "pertask[bot]" && strings.Contains(x.Body, "press the one of the newest check run")
	}
	for _, a := range w.acts() {
		if a.Verb == "accept" {
			t.Errorf("the audit log has %+v", a)
		}
	}
	if !said {
		t.Error("our comment does not say why")
	}
	w.deliver(w.pressed("bob", buttonAccept))
	if c := w.check(); c.Conclusion != "success" {
		t.Errorf("after the button of the newest result: check run %+v", c)
	}
}
