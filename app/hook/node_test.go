package hook_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/traffic"
	"github.com/pertask/pertask/internal/need"
)

// node is a command that runs a script of testdata/node with the packages that scripts/webhooks.sh has installed.
func node(t *testing.T, script string, env ...string) *exec.Cmd {
	t.Helper()
	need.Program(t, "node")
	packages := os.Getenv("PERTASK_WEBHOOKS")
	if packages == "" {
		need.Missing(t, "PERTASK_WEBHOOKS does not name the folder that scripts/webhooks.sh prints")
	}
	text, err := os.ReadFile(filepath.Join("testdata", "node", script))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, script), text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(dir, script))
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	return cmd
}

// examples is how many payloads npm's @octokit/webhooks-examples 7.6.1 has, of 58 events.
const examples = 329

// sent is a line of send.mjs.
type sent struct {
	Event, Action string
	Number        int
	Status, Wrong int
}

// TestExamples has GitHub's own package sign GitHub's own payloads: as they are, most of them of a repository's webhook, and with
// an installation, as an App gets them.
func TestExamples(t *testing.T) {
	for _, installation := range []string{"", "55"} {
		t.Run("installation "+installation, func(t *testing.T) {
			w := newWorld(t)
			s := httptest.NewServer(w.handler)
			defer s.Close()
			cmd := node(t, "send.mjs", "URL="+s.URL+"/hook", "SECRET="+secret, "INSTALLATION="+installation)
			var failure bytes.Buffer
			cmd.Stderr = &failure
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, failure.String())
			}
			n := 0
			events := map[string]bool{}
			for d := json.NewDecoder(bytes.NewReader(out)); ; n++ {
				var x sent
				if err := d.Decode(&x); err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				events[x.Event] = true
				if x.Status != http.StatusAccepted || x.Wrong != http.StatusUnauthorized {
					t.Errorf("%s %s (%d): answered %d, and %d with a wrong signature", x.Event, x.Action, x.Number, x.Status, x.Wrong)
				}
			}
			if n != examples || len(events) != 58 {
				t.Errorf("%d examples of %d events were sent", n, len(events))
			}
			notes := map[string]int{}
			for _, note := range w.queue.all() {
				notes[note.Kind]++
				var e event.Event
				if err := json.Unmarshal(note.Body, &e); err != nil || e.Name != note.Kind || e.Installation == 0 {
					t.Errorf("%s: %+v, %v", note.ID, e, err)
				}
			}
			t.Logf("%d sent, notes: %v", n, notes)
			if installation == "" {
				return
			}
			for _, kind := range []string{"pull_request", "check_run", "check_suite", "installation", "installation_repositories", "merge_group", "push"} {
				if notes[kind] == 0 {
					t.Errorf("no example of %s made a note", kind)
				}
			}
		})
	}
}

// TestProbot has a server of others take what our server of GitHub's sends: the signature by which we test is GitHub's.
func TestProbot(t *testing.T) {
	cmd := node(t, "probot.mjs", "SECRET="+secret)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var failure bytes.Buffer
	cmd.Stderr = &failure
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	if !lines.Scan() {
		in.Close()
		t.Fatalf("probot did not start: %v: %s", cmd.Wait(), failure.String())
	}
	url := "http://127.0.0.1:" + lines.Text() + "/hook"

	s := githubtest.New(t)
	s.RegisterApp(githubtest.App{ID: 77, HookURL: url, WebhookSecret: secret})
	want := ""
	for name, payload := range everything(t, s) {
		d := s.Deliver(77, name, payload)
		if d.Status != 200 {
			t.Errorf("%s: probot answered %d, %s", name, d.Status, d.Answer)
		}
		want += fmt.Sprintf(`{"id":%q,"event":%q,"action":%q,"installation":%d}`, d.GUID, name, d.Action, d.Installation) + "\n"
	}
	s.SetHook(77, url, secret+" ")
	if d := s.Deliver(77, "push", []byte(`{}`)); d.Status != 400 {
		t.Errorf("a wrong signature: probot answered %d, %s", d.Status, d.Answer)
	}
	// So does our handler, but for the status.
	h := newWorld(t)
	if status, _ := h.post(webhook(t, "push", []byte(`{}`), set("X-Hub-Signature-256", traffic.Sign(secret+" ", []byte(`{}`))))); status != 401 {
		t.Errorf("a wrong signature: answered %d", status)
	}
	in.Close()
	var got strings.Builder
	for lines.Scan() {
		got.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, failure.String())
	}
	if diff := cmp.Diff(got.String(), want); diff != "" {
		t.Errorf("what probot got, got-want:\n%s", diff)
	}
}

// everything is a payload of each event that our server of GitHub's makes for an App.
func everything(t *testing.T, s *githubtest.Server) map[string][]byte {
	t.Helper()
	name := s.AddRepo("acme", "agent")
	s.Install(77, 7, "acme")
	base := s.Commit(name, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	head := s.Commit(name, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	pull := s.OpenPull(name, base, head)
	comment := s.AddComment(name, pull, "ada", "/pertask run\r\n\r\nPlease — “now”.")
	run := s.AddJob(name, head, "pertask")
	return map[string][]byte{
		"pull_request":              s.PullRequestEvent(name, pull, "opened"),
		"issue_comment":             s.CommentEvent(name, pull, comment),
		"merge_group":               s.MergeGroupEvent(name, pull, head),
		"check_run":                 s.CheckEvent(name, run, "requested_action", "pertask-run", "ada"),
		"check_suite":               s.SuiteEvent(name, head, 77, "rerequested", "ada"),
		"push":                      s.PushEvent(name, "main", base, head, "ada"),
		"installation":              s.InstallationEvent(7, "created"),
		"installation_repositories": s.InstallationReposEvent(7, []string{name}, nil),
	}
}

// TestEverything takes each event of our server of GitHub's to a note.
func TestEverything(t *testing.T) {
	w := newWorld(t)
	h := httptest.NewServer(w.handler)
	defer h.Close()
	s := githubtest.New(t)
	s.RegisterApp(githubtest.App{ID: 77, HookURL: h.URL, WebhookSecret: secret})
	all := everything(t, s)
	for name, payload := range all {
		d := s.Deliver(77, name, payload)
		if d.Status != 202 || d.Answer != "taken\n" || d.Installation != 7 {
			t.Errorf("%s: answered %d, %s, for installation %d", name, d.Status, d.Answer, d.Installation)
		}
		if again := s.Redeliver(77, d); again.GUID != d.GUID || again.Answer != "replay\n" || again.ID == d.ID {
			t.Errorf("%s: answered %d, %s to a redelivery", name, again.Status, again.Answer)
		}
	}
	keys := map[string]int{}
	for _, n := range w.queue.all() {
		_, what, _ := strings.Cut(n.Key, "/")
		_, what, _ = strings.Cut(what, "/")
		keys[what]++
	}
	if diff := cmp.Diff(keys, map[string]int{"#1": 4, "group": 1, "push": 1, "": 2}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}
