//go:build unix

package session_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/session"
	"github.com/pertask/pertask/session/record"
	"github.com/pertask/pertask/usage"
)

// put writes a file below a folder.
func put(t testing.TB, dir, name, text string) string {
	t.Helper()
	full := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return full
}

// answer is a line of Claude Code's log.
func answer(id string, output int) string {
	return fmt.Sprintf(`{"type":"assistant","timestamp":"2026-11-03T10:00:01.000Z","sessionId":"s-one","cwd":"/src/shop","gitBranch":"fix-date","version":"2.1.0","requestId":"req_%s","message":{"id":"msg_%s","role":"assistant","model":"claude-sonnet-4-6","stop_reason":"end_turn","content":[],"usage":{"input_tokens":1,"output_tokens":%d}}}`+"\n", id, id, output)
}

// scan reads the logs of Claude Code in a folder.
func scan(t testing.TB, dir string, change ...func(*session.Options)) ([]spend.Entry, session.Result, error) {
	t.Helper()
	var got []spend.Entry
	o := session.Options{Homes: []session.Home{{Harness: "claude-code", Dir: dir}}, Now: scanned,
		Add: func(_ context.Context, entries ...spend.Entry) error { got = append(got, entries...); return nil }}
	for _, c := range change {
		c(&o)
	}
	r, err := session.Scan(context.Background(), o)
	return got, r, err
}

func calls(entries []spend.Entry) (n int64) {
	for _, e := range entries {
		n += e.Calls
	}
	return n
}

func TestHomes(t *testing.T) {
	home := t.TempDir()
	for _, dir := range []string{".claude", ".config/claude", ".codex", ".gemini", ".local/share/opencode", "x/claude", "y/codex", "z/.gemini", "d/opencode", "c1", "c2"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(home, "c1"), filepath.Join(home, "link")); err != nil {
		t.Fatal(err)
	}
	put(t, home, "file", "")
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing is set": {nil, []string{"claude-code .claude", "claude-code .config/claude", "codex .codex", "gemini .gemini", "opencode .local/share/opencode"}},
		"all are set": {map[string]string{"CLAUDE_CONFIG_DIR": "{c1}, {c2},{link},{none},relative,{file}", "CODEX_HOME": "{y/codex}", "GEMINI_CLI_HOME": "{z}", "XDG_DATA_HOME": "{d}"},
			[]string{"claude-code c1", "claude-code c2", "codex y/codex", "gemini z/.gemini", "opencode d/opencode"}},
		"folders of XDG": {map[string]string{"XDG_CONFIG_HOME": "{x}"}, []string{"claude-code .claude", "claude-code x/claude", "claude-code .config/claude", "codex .codex", "gemini .gemini", "opencode .local/share/opencode"}},
		"elsewhere":      {map[string]string{"CODEX_HOME": "{none}", "XDG_DATA_HOME": "{none}", "CLAUDE_CONFIG_DIR": "{none}", "GEMINI_CLI_HOME": "{none}"}, nil},
	} {
		var got []string
		for _, h := range session.Homes(func(name string) string {
			return strings.NewReplacer("{", home+"/", "}", "").Replace(c.env[name])
		}, home) {
			rel, err := filepath.Rel(home, h.Dir)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, h.Harness+" "+filepath.ToSlash(rel))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := session.Homes(func(string) string { return "" }, ""); len(got) > 0 {
		t.Errorf("without a home there are %v", got)
	}
}

// TestWhatIsNoLog: links, pipes and folders with the names of logs are left alone, and nothing waits for them.
func TestWhatIsNoLog(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, dir, "projects/a/one.jsonl", answer("1", 5))
	put(t, outside, "secret.jsonl", answer("2", 7))
	for link, to := range map[string]string{"projects/a/link.jsonl": filepath.Join(outside, "secret.jsonl"), "projects/b": outside, "projects/a/own.jsonl": "one.jsonl", "projects/a/null.jsonl": "/dev/zero"} {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "projects", "a", "folder.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	fifo(t, filepath.Join(dir, "projects", "a", "pipe.jsonl"))
	got, r, err := scan(t, dir)
	if err != nil || calls(got) != 1 || r.Files != 1 || len(r.Problems) > 0 {
		t.Errorf("%d calls, %+v, %v", calls(got), r, err)
	}
}

// TestRanges: a log that several workers read in ranges says what it says line by line, however long its lines are.
func TestRanges(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	var want int64
	long := 0
	for i := 0; b.Len() < 11<<20; i++ {
		switch i % 7 {
		case 3:
			fmt.Fprintf(&b, `{"type":"user","message":{"role":"user","content":"%s"}}`+"\n", strings.Repeat("x", i*37%9000))
		case 5:
			b.WriteString("not a line of a log\n")
		default:
			b.WriteString(answer(fmt.Sprint(i), 1))
			want++
		}
		if i%5000 == 4999 { // one that goes over ranges
			long++
			fmt.Fprintf(&b, `{"type":"attachment","attachment":"%s"}`+"\n", strings.Repeat("y", 5<<20))
		}
	}
	put(t, dir, "projects/a/one.jsonl", b.String())
	for _, workers := range []int{1, 2, 5} {
		got, r, err := scan(t, dir, func(o *session.Options) { o.Workers = workers })
		if err != nil || calls(got) != want || r.Bytes != int64(b.Len()) || r.Lines != int64(strings.Count(b.String(), "\n")) || long == 0 {
			t.Errorf("%d workers: %d calls, want %d; %+v, %v", workers, calls(got), want, r, err)
		}
	}
}

// TestLinesThatAreTooLong are passed over, and a last one without an end waits.
func TestLinesThatAreTooLong(t *testing.T) {
	dir := t.TempDir()
	huge := `{"type":"assistant","x":"` + strings.Repeat("x", 17<<20)
	name := put(t, dir, "projects/a/one.jsonl", answer("1", 1)+huge+"\"}\n"+answer("2", 1)+huge)
	state := func(o *session.Options) { o.State = filepath.Join(dir, "state") }
	got, r, err := scan(t, dir, state)
	if err != nil || calls(got) != 2 || r.Skipped[record.TooLong] != 1 {
		t.Errorf("%d calls, %+v, %v", calls(got), r, err)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\"}\n" + answer("3", 1)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got, r, err = scan(t, dir, state); err != nil || calls(got) != 3 || r.Calls != 1 || r.Skipped[record.TooLong] != 1 {
		t.Errorf("then %d calls, %+v, %v", calls(got), r, err)
	}
}

// TestAddFails: what was not taken is handed on again.
func TestAddFails(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "projects/a/one.jsonl", answer("1", 1))
	state := filepath.Join(dir, "state")
	broken := errors.New("the ledger is full")
	_, _, err := scan(t, dir, func(o *session.Options) {
		o.State, o.Add = state, func(context.Context, ...spend.Entry) error { return broken }
	})
	if !errors.Is(err, broken) {
		t.Fatalf("the error is %v", err)
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("a state was written (%v)", err)
	}
	if got, _, err := scan(t, dir, func(o *session.Options) { o.State = state }); err != nil || calls(got) != 1 {
		t.Errorf("then %d calls, %v", calls(got), err)
	}
}

func TestCanceled(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		put(t, dir, fmt.Sprintf("projects/a/%d.jsonl", i), strings.Repeat(answer(fmt.Sprint(i), 1), 2000))
	}
	before := runtime.NumGoroutine()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	_, err := session.Scan(ctx, session.Options{Homes: []session.Home{{Harness: "claude-code", Dir: dir}}, State: filepath.Join(dir, "state")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines are left of %d", n, before)
	}
}

// TestStates: one that is damaged anywhere is lost, and said to be; all is read again, and makes the same entries.
func TestStates(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "projects/a/one.jsonl", answer("1", 1)+answer("2", 2))
	state := filepath.Join(dir, "deep", "state")
	with := func(o *session.Options) { o.State = state }
	first, r, err := scan(t, dir, with)
	if err != nil || !r.Fresh || calls(first) != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
	good, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state is %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(state)); err != nil || len(left) != 1 {
		t.Errorf("beside the state there is %v, %v", left, err)
	}
	for name, bad := range map[string][]byte{"empty": {}, "cut": good[:len(good)-1], "a byte": slices.Concat(good[:len(good)/2], []byte{good[len(good)/2] ^ 1}, good[len(good)/2+1:]),
		"another version": slices.Concat([]byte("pertask.session/9\n"), good[18:]), "more": append(slices.Clone(good), 0)} {
		if err := os.WriteFile(state, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		got, r, err := scan(t, dir, with)
		if err != nil || !r.Fresh || len(r.Problems) != 1 {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("%s: other entries (-first +then):\n%s", name, diff)
		}
	}
	if got, r, err := scan(t, dir, with); err != nil || r.Fresh || len(got) > 0 || len(r.Problems) > 0 {
		t.Errorf("in the end: %+v, %+v, %v", got, r, err)
	}
}

// TestRepositoryOfAFolderThatIsGone is remembered, or asked of the ledger where the state is lost.
func TestRepositoryOfAFolderThatIsGone(t *testing.T) {
	dir := t.TempDir()
	log := put(t, dir, "projects/a/one.jsonl", answer("1", 1))
	there := "github.com/acme/shop"
	with := func(o *session.Options) {
		o.State = filepath.Join(dir, "state")
		o.Repository = func(string, time.Time) (string, string) { return there, "" }
	}
	first, _, err := scan(t, dir, with)
	if err != nil || first[0].Repository != there {
		t.Fatalf("%+v, %v", first, err)
	}
	there = ""
	if err := os.WriteFile(log, []byte(answer("1", 1)+answer("2", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, _, err := scan(t, dir, with); err != nil || len(got) != 1 || got[0].ID != first[0].ID || got[0].Calls != 2 {
		t.Errorf("with a state: %+v, %v", got, err)
	}
	got, _, err := scan(t, dir, with, func(o *session.Options) {
		o.State = ""
		o.Known = func(key, branch string) string {
			if key == spend.SessionKey("claude-code", "s-one") && branch == "fix-date" {
				return "github.com/acme/shop"
			}
			return ""
		}
	})
	if err != nil || len(got) != 1 || got[0].ID != first[0].ID {
		t.Errorf("without a state: %+v, %v", got, err)
	}
}

// TestGit reads the repository and the branch of git's own files.
func TestGit(t *testing.T) {
	dir, work := t.TempDir(), t.TempDir()
	put(t, work, ".git/HEAD", "ref: refs/heads/main\n")
	put(t, work, ".git/config", "[remote \"origin\"]\n\turl = https://token@github.com/Acme/Shop.git\n")
	at := time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC).Unix()
	put(t, work, ".git/logs/HEAD", fmt.Sprintf("0 1 a <b> %d +0000\tcheckout: moving from main to fix-date\n", at))
	put(t, dir, "sessions/rollout-2026-11-03T09-00-00-t.jsonl", fmt.Sprintf(`{"timestamp":"2026-11-03T09:00:00.000Z","type":"session_meta","payload":{"id":"t","cwd":%q,"model_provider":"openai","git":{"branch":"main"}}}
{"timestamp":"2026-11-03T09:59:00.000Z","type":"token_usage_record","payload":{"response_id":"r1","usage":{"input_tokens":1,"output_tokens":1}}}
{"timestamp":"2026-11-03T10:01:00.000Z","type":"token_usage_record","payload":{"response_id":"r2","usage":{"input_tokens":1,"output_tokens":1}}}
`, work))
	got, _, err := scan(t, dir, func(o *session.Options) { o.Homes = []session.Home{{Harness: "codex", Dir: dir}} })
	if err != nil || len(got) != 2 || got[0].Branch != "main" || got[1].Branch != "fix-date" || got[0].Repository != "github.com/acme/shop" {
		t.Errorf("entries %+v, %v", got, err)
	}
}

// TestOpencodeDatabase reads a database that SQLite made, with a journal in force: testdata of package sqlite says how.
func TestOpencodeDatabase(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"opencode.db", "opencode.db-wal"} {
		text, err := os.ReadFile("testdata/opencode/" + name)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, string(text))
	}
	put(t, dir, "storage/message/ses_one/msg_1.json", `{"role":"assistant","tokens":{"input":5},"time":{"created":1793700000000,"completed":1793700000900}}`) // of before: it is in the database
	with := func(o *session.Options) {
		o.Homes, o.State = []session.Home{{Harness: "opencode", Dir: dir}}, filepath.Join(dir, "state")
	}
	got, r, err := scan(t, dir, with)
	sum := usage.None()
	for _, e := range got {
		sum = sum.Plus(e.Tokens)
	}
	if n, _ := sum.Input.Value(); err != nil || n != 1000+2000+4000+8000 || calls(got) != 4 || len(r.Problems) > 0 {
		t.Errorf("%v input of %d calls, %+v, %v", sum.Input, calls(got), r, err)
	}
	want := map[record.Reason]int64{record.Unbilled: 1, record.Hostile: 1}
	if diff := cmp.Diff(want, r.Skipped); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if got, r, err := scan(t, dir, with); err != nil || len(got) > 0 || r.Bytes > 0 || r.Read > 0 {
		t.Errorf("a further scan: %+v, %+v, %v", got, r, err)
	}
	put(t, dir, "opencode.db", "no database at all")
	if _, r, err := scan(t, dir, with); err != nil || len(r.Problems) != 1 {
		t.Errorf("of a damaged database: %+v, %v", r, err)
	}
}

func TestProblems(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "projects/a/one.jsonl", answer("1", 1))
	got, r, err := scan(t, dir, func(o *session.Options) {
		o.Homes = append([]session.Home{{Harness: "codex", Dir: filepath.Join(dir, "gone")}, {Harness: "unheard-of", Dir: dir}}, o.Homes...)
	})
	if err != nil || len(r.Problems) != 2 || calls(got) != 1 {
		t.Errorf("%d calls, %+v, %v", calls(got), r, err)
	}
	if _, _, err := scan(t, dir, func(o *session.Options) { o.State = filepath.Join(dir, "projects", "a", "one.jsonl", "state") }); err == nil {
		t.Error("a state was written below a file")
	}
}

// TestMemory: what a scan needs of memory does not grow with the logs, but for some bytes of each call.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes 100 MB")
	}
	peaks := map[int]uint64{}
	for _, lines := range []int{10_000, 100_000} {
		dir := t.TempDir()
		claudeLog(t, dir, lines)
		runtime.GC()
		var peak uint64
		stop := watch(&peak)
		_, r, err := scan(t, dir, func(o *session.Options) { o.Since = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) })
		stop()
		if err != nil || r.Lines != int64(lines) {
			t.Fatalf("%+v, %v", r, err)
		}
		peaks[lines] = peak
	}
	if grown := int64(peaks[100_000]) - int64(peaks[10_000]); grown > 12<<20 {
		t.Errorf("ten times as many lines need %d MB more: %v", grown>>20, peaks)
	}
}
