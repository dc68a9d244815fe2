package predictiondir_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiondir"
	"github.com/pertask/pertask/ledger/predictiontest"
)

const shop = "github.com/acme/shop"

func open(t *testing.T, dir string, o predictiondir.Options) *predictiondir.Store {
	t.Helper()
	s, err := predictiondir.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	predictiontest.Run(t, func(t *testing.T) func() prediction.Store {
		dir := filepath.Join(t.TempDir(), "ledger")
		return func() prediction.Store { return open(t, dir, predictiondir.Options{}) }
	})
}

// read returns what a store has and the errors of its lines.
func read(t *testing.T, s *predictiondir.Store) (records []prediction.Record, bad []string) {
	t.Helper()
	for r, err := range s.Records(t.Context(), "") {
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		records = append(records, r)
	}
	return records, bad
}

// lines are those of a prediction and of an outcome of it.
func lines(t *testing.T) (p prediction.Prediction, o prediction.Outcome, ofP, ofO string) {
	t.Helper()
	p = predictiontest.Predicted(shop, 1, "a")
	o = predictiontest.Observed(p, 28)
	x, err := prediction.EncodePrediction(p)
	if err != nil {
		t.Fatal(err)
	}
	y, err := prediction.EncodeOutcome(o)
	if err != nil {
		t.Fatal(err)
	}
	return p, o, string(x) + "\n", string(y) + "\n"
}

func TestHostileLines(t *testing.T) {
	p, o, ofP, ofO := lines(t)
	both := []prediction.Record{{Prediction: p, Outcomes: []prediction.Outcome{o}}}
	long := strings.Repeat("x", 3*prediction.MaxLine) + "\n"
	for _, tt := range []struct {
		name, text string
		want       []prediction.Record
		bad        []string // a part of each error
	}{
		{"in order", ofP + ofO, both, nil},
		{"the outcome first, and all twice", ofO + ofP + ofO + ofP, both, nil},
		{"a torn end", ofP + ofO + ofP[:20], both, nil},
		{"nothing but a torn line", ofP[:len(ofP)-1], nil, nil},
		{"no JSON", "hello\n" + ofP + "\n" + ofO, both, []string{":1: ", ":3: "}},
		{"a line too long", ofP + long + ofO, both, []string{":2: a line of more than"}},
		{"an unknown field", strings.Replace(ofP, `{"prediction":{`, `{"prediction":{"more":1,`, 1) + ofP + ofO, both, []string{`"more"`}},
		{"both at once", `{"prediction":null,"outcome":null}` + "\n" + ofP + ofO, both, []string{"and not both"}},
		{"another version", strings.Replace(ofP, "prediction/1", "prediction/2", 1) + ofP + ofO, both, []string{"schema"}},
		{"another one under the key", ofP + strings.Replace(ofP, "0.62", "0.63", 1) + ofO, both, []string{":2: another prediction"}},
		{"an outcome of nothing", ofO, nil, []string{":1: no prediction is kept"}},
		{"NUL bytes", "\x00\x00\x00\n" + ofP + ofO, both, []string{":1: "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, predictiondir.Name)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, dir, predictiondir.Options{})
			got, bad := read(t, s)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if len(bad) != len(tt.bad) {
				t.Fatalf("errors %q, want %q", bad, tt.bad)
			}
			for i, want := range tt.bad {
				if !strings.Contains(bad[i], want) {
					t.Errorf("error %q, want one with %q", bad[i], want)
				}
			}
			// Writing goes on after whatever is there, and keeps the lines.
			next := predictiontest.Predicted(shop, 2, "a")
			if err := s.Predict(t.Context(), next); err != nil {
				t.Fatal(err)
			}
			got, _ = read(t, s)
			if diff := cmp.Diff(append(tt.want[:len(tt.want):len(tt.want)], prediction.Record{Prediction: next}), got); diff != "" {
				t.Errorf("records after another (-want +got):\n%s", diff)
			}
			whole := tt.text[:strings.LastIndexByte(tt.text, '\n')+1]
			b, err := os.ReadFile(path)
			if err != nil || !strings.HasPrefix(string(b), whole) || strings.Count(string(b), "\n") != strings.Count(whole, "\n")+1 {
				t.Errorf("the file is %.300q, %v", b, err)
			}
		})
	}
}

func TestManyBadLinesAreNotAllKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, predictiondir.Name), []byte(strings.Repeat("x\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, bad := read(t, open(t, dir, predictiondir.Options{}))
	if len(bad) != 101 || !strings.Contains(bad[100], "and maybe others") {
		t.Errorf("%d errors, the last %q", len(bad), bad[len(bad)-1])
	}
	var line *predictiondir.LineError
	for _, err := range open(t, dir, predictiondir.Options{}).Records(t.Context(), "") {
		if !errors.As(err, &line) || errors.Unwrap(line) == nil || line.Line != 1 {
			t.Errorf("error %v, want that of line 1", err)
		}
		break
	}
}

func TestLimits(t *testing.T) {
	dir := t.TempDir()
	_, _, ofP, ofO := lines(t)
	s := open(t, dir, predictiondir.Options{MaxFile: int64(len(ofP) + len(ofO)/2)})
	p := predictiontest.Predicted(shop, 1, "a")
	if err := s.Predict(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := s.Observe(t.Context(), predictiontest.Observed(p, 28)); err == nil || !strings.Contains(err.Error(), "would have") {
		t.Errorf("error %v, want that the file would be too large", err)
	}
	if got, bad := read(t, s); len(got) != 1 || len(bad) != 0 || len(got[0].Outcomes) != 0 {
		t.Errorf("%+v, %v", got, bad)
	}
	small := open(t, dir, predictiondir.Options{MaxFile: 10})
	if _, bad := read(t, small); len(bad) != 1 || !strings.Contains(bad[0], "at most 10 are read") {
		t.Errorf("errors %q", bad)
	}
}

func TestNoLinkIsFollowed(t *testing.T) {
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(dir, predictiondir.Name)); err != nil {
		t.Skip(err)
	}
	s := open(t, dir, predictiondir.Options{})
	if err := s.Predict(t.Context(), predictiontest.Predicted(shop, 1, "a")); err == nil {
		t.Error("a link is written through")
	}
	if _, bad := read(t, s); len(bad) != 1 {
		t.Errorf("errors %q", bad)
	}
}

func TestDirectoryThatCannotBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := predictiondir.Open(path, predictiondir.Options{}); err == nil {
		t.Error("a file is opened as a directory")
	}
}

// writerEnv makes this test binary a process that stores predictions of these pull requests until it is killed.
const writerEnv = "PERTASK_PREDICTIONS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		s, err := predictiondir.Open(dir, predictiondir.Options{})
		for pull := 1; err == nil; pull++ {
			p := predictiontest.Predicted(shop, pull, "a")
			if err = s.Predict(context.Background(), p); err == nil {
				err = s.Observe(context.Background(), predictiontest.Observed(p, 28))
			}
			if err == nil {
				os.Stdout.WriteString("x")
			}
		}
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// What a process was told to be stored is there after it was killed, and others go on.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), writerEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		told := 0
		for buf := make([]byte, 1); told < 3+2*round; {
			n, err := out.Read(buf)
			if err != nil {
				t.Fatalf("the writer ended: %v", err)
			}
			told += n
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		got, bad := read(t, open(t, dir, predictiondir.Options{}))
		done := 0
		for _, r := range got {
			done += len(r.Outcomes)
		}
		if len(bad) > 0 || done < told {
			t.Fatalf("%d outcomes after a kill, want at least the %d that were told; errors %q", done, told, bad)
		}
	}
}
