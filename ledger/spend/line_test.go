package spend_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func encode(t testing.TB, entries ...spend.Entry) string {
	t.Helper()
	var out strings.Builder
	for _, e := range entries {
		line, err := spend.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(line)
	}
	return out.String()
}

// full is an entry that says all that an entry can say.
func full() spend.Entry {
	e := spendtest.Entry(3)
	e.Part, e.Commit, e.Pull, e.Author, e.Labels = "7", strings.Repeat("ab", 20), 17, "=A <b>", []string{"+1", "team:a"}
	e.Tier, e.Attributes, e.Above, e.Unseen = "batch", map[string]string{"speed": "fast"}, 31_999, 2
	e.Upto, e.Requests, e.ReportedUSD = 0, map[string]int64{"web_search": 3}, price.Known(price.MustMoney("0.10"))
	e.Tokens.CacheCreation, e.Branch = usage.Count{}, "-x\u2028,\"'"
	return e.Complete()
}

// The JSON form is what stored ledgers depend on.
func TestEncodedForm(t *testing.T) {
	want := `{"schema":"pertask.entry/1","id":"8e3688a0c120b2d75a6541ca24b3f52f","revision":3,"source":"session-log","provenance":"reported",` +
		`"session":"e26eeb9a1b89b8b928018fe76fcd503c","harness":"claude-code","version":"2.1.0","hour":"2026-10-31T12:00:00Z","last":"2026-10-31T12:01:00Z",` +
		`"repository":"github.com/acme/shop","branch":"fix-date","provider":"anthropic","model":"claude-sonnet-4-6","upto":31999,"calls":3,` +
		`"tokens":{"input":1001,"cache_read":20000,"cache_creation":0,"cache_creation_5m":0,"cache_creation_30m":0,"cache_creation_1h":0,"cache_creation_12h":0,"output":500,"reasoning":0},"reported_usd":null}` + "\n"
	if diff := cmp.Diff(want, encode(t, spendtest.Entry(1))); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
	if _, err := spend.Encode(spend.Entry{}); !errors.Is(err, spend.ErrBad) {
		t.Errorf("the zero entry: %v", err)
	}
}

func TestDecode(t *testing.T) {
	one, two := encode(t, spendtest.Entry(1)), encode(t, full())
	fields := func(with string) string { return strings.Replace(one, "{", "{"+with, 1) }
	for _, tt := range []struct {
		name, text string
		want       int
		bad        []string
	}{
		{"nothing", "", 0, nil},
		{"two", one + two, 2, nil},
		{"empty lines", "\n\n" + one + "  \r\n" + two + "\n", 2, nil},
		{"ends of another system", strings.ReplaceAll(one+two, "\n", "\r\n"), 2, nil},
		{"a torn end", one + two[:50], 1, []string{"f:2: the line has no end"}},
		{"a whole last line without its end", one + two[:len(two)-1], 1, []string{"f:2: the line has no end"}},
		{"a hole of zeros", one + strings.Repeat("\x00", 100_000) + "\n" + two, 2, []string{"f:2: more than 65536 bytes"}},
		{"lines of others", "null\n[]\n7\n\"x\"\n" + one, 1, []string{"f:1: the line is not a JSON object", "f:2: the", "f:3: the", "f:4: the"}},
		{"half a line and a whole one", one[:40] + one + two, 1, []string{"f:1: reading an entry"}},
		{"a long line", strings.Repeat("x", spend.MaxLine*3) + "\n" + one, 1, []string{"f:1: more than 65536 bytes"}},
		{"a long end", one + strings.Repeat("x", spend.MaxLine*3), 1, []string{"f:2: more than 65536 bytes"}},
		{"an object of something else", `{"type":"assistant"}` + "\n" + one, 1, []string{"f:1: bad entry: schema"}},
		{"a field of a later version", fields(`"carbon":1,`), 1, nil},
		{"a count below zero", strings.Replace(one, `"output":500`, `"output":-1`, 1), 0, []string{"negative"}},
		{"a count with a fraction", strings.Replace(one, `"output":500`, `"output":1.5`, 1), 0, []string{"reading a count"}},
		{"a count that is far too large", strings.Replace(one, `"output":500`, `"output":9999999999999999999999`, 1), 0, []string{"reading a count"}},
		{"another model under the same id", strings.Replace(one, "sonnet", "opus", 1), 0, []string{"is not that of what it says"}},
		{"money as a number", strings.Replace(one, `"reported_usd":null`, `"reported_usd":{}`, 1), 0, []string{"f:1: reading an entry"}},
		{"deep", strings.Repeat("[", 50_000) + "\n" + `{"a":` + strings.Repeat("[", 50_000) + "\n" + one, 1, []string{"f:1:", "f:2:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var bad []string
			got := 0
			for e, err := range spend.Decode("f", strings.NewReader(tt.text)) {
				line := new(spend.LineError)
				switch {
				case err == nil:
					got++
					if err := e.Check(); err != nil {
						t.Error(err)
					}
				case !errors.As(err, &line):
					t.Errorf("error %v is not of a line", err)
				default:
					bad = append(bad, err.Error())
				}
			}
			if got != tt.want || len(bad) != len(tt.bad) {
				t.Fatalf("%d entries, want %d; bad lines %q", got, tt.want, bad)
			}
			for i := range bad {
				if !strings.Contains(bad[i], tt.bad[i]) || len(bad[i]) > 400 {
					t.Errorf("error %q, want %q", bad[i], tt.bad[i])
				}
			}
		})
	}
}

func TestReaderThatFails(t *testing.T) {
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader(encode(t, spendtest.Entry(1))+"x"), iotest.ErrReader(broken))
	n := 0
	s, err := spend.Each(spend.Decode("f", r), func(spend.Entry) error { n++; return nil })
	if !errors.Is(err, broken) || n != 1 || s.Lines != 0 {
		t.Errorf("%d entries, %d lines skipped, error %v", n, s.Lines, err)
	}
}

func TestSkipped(t *testing.T) {
	text := strings.Repeat("x\n", 20) + "y"
	s, err := spend.Each(spend.Decode("", strings.NewReader(text)), func(spend.Entry) error { return nil })
	if err != nil || s.Lines != 21 || s.Torn != 1 || len(s.First) != 5 || s.First[0].Error() != "line 1: the line is not a JSON object" {
		t.Errorf("%+v, %v", s, err)
	}
	stop := errors.New("stop")
	if _, err := spend.Each(values(spendtest.Entry(1)), func(spend.Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

func all(t testing.TB, entries iter.Seq2[spend.Entry, error]) []spend.Entry {
	t.Helper()
	var out []spend.Entry
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func TestFormsReadBack(t *testing.T) {
	unseen := spendtest.Entry(5)
	unseen.Calls, unseen.Unseen, unseen.Tokens = 0, 1, usage.Tokens{}
	want := []spend.Entry{spendtest.Entry(1), full(), unseen.Complete()}
	var lines, cells bytes.Buffer
	n, _, err := spend.Write(&lines, values(want...))
	m, _, errCSV := spend.WriteCSV(&cells, values(want...))
	if err != nil || errCSV != nil || n != 3 || m != 3 {
		t.Fatal(n, err, m, errCSV)
	}
	if diff := cmp.Diff(want, all(t, spend.Decode("f", &lines))); diff != "" {
		t.Errorf("JSON lines (-want +got):\n%s", diff)
	}
	if !strings.Contains(cells.String(), `'=A <b>`) {
		t.Errorf("a formula is not quoted:\n%s", cells.String())
	}
	if diff := cmp.Diff(want, all(t, spend.ReadCSV("f", &cells))); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
}

func TestReadCSV(t *testing.T) {
	const names = "hour,last,source,provenance,part,model,provider,calls,input,output"
	row := "2026-10-31T12:00:00Z,2026-10-31T12:30:00Z,import,reported,line 1,m,p,3,10,20\n"
	for _, tt := range []struct {
		name, text string
		want       int
		bad        string
	}{
		{"as it is", names + "\n" + row, 1, ""},
		{"with a mark of the order of bytes", "\ufeff" + names + "\r\n" + row, 1, ""},
		{"a local time", names + "\n" + strings.ReplaceAll(row, "Z", "+00:00"), 1, ""},
		{"nothing", "", 0, "the row of names"},
		{"another column", names + ",cost\n", 0, `column "cost" is not known`},
		{"a column twice", names + ",model\n", 0, `column "model"`},
		{"a cell too few", names + "\n" + "2026-10-31T12:00:00Z\n" + row, 1, "f:2: wrong number of fields"},
		{"a time that is none", names + "\nyesterday" + row[20:] + row, 1, "f:2: hour"},
		{"a count that is none", names + "\n" + strings.Replace(row, "20\n", "-20\n", 1) + row, 1, "f:2: output"},
		{"calls that are none", names + "\n" + strings.Replace(row, ",3,", ",3.5,", 1) + row, 1, "f:2: calls"},
		{"a bad entry", names + "\n" + strings.Replace(row, "import", "guess", 1) + row, 1, "f:2: bad entry: source"},
		{"an open quote", names + "\n" + row + `"` + row, 1, "f:3"},
		{"another id", names + ",id\n" + strings.Replace(row, "\n", ",abc\n", 1), 0, "f:2: bad entry: id"},
		{"labels that are none", names + ",labels\n" + strings.Replace(row, "\n", ",team:a\n", 1), 0, "f:2: labels"},
		{"money that is none", names + ",reported_usd\n" + strings.Replace(row, "\n", ",$5\n", 1), 0, "f:2: "},
	} {
		got, bad := 0, ""
		for e, err := range spend.ReadCSV("f", strings.NewReader(tt.text)) {
			if err != nil {
				bad += err.Error()
				continue
			}
			got++
			if n, _ := e.Tokens.Output.Value(); n != 20 || e.Tokens.CacheRead.IsKnown() {
				t.Errorf("%s: tokens %+v", tt.name, e.Tokens)
			}
		}
		if got != tt.want || !strings.Contains(bad, tt.bad) || (bad == "") != (tt.bad == "") {
			t.Errorf("%s: %d entries and %q, want %d and %q", tt.name, got, bad, tt.want, tt.bad)
		}
	}
	broken := errors.New("broken")
	_, err := spend.Each(spend.ReadCSV("f", io.MultiReader(strings.NewReader(names+"\n"), iotest.ErrReader(broken))), func(spend.Entry) error { return nil })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, _, err := spend.WriteCSV(brokenWriter{broken}, values(spendtest.Entry(1))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if _, _, err := spend.Write(brokenWriter{broken}, values(spendtest.Entry(1))); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestCopy(t *testing.T) {
	var want []spend.Entry
	for n := range 2500 {
		want = append(want, spendtest.Entry(n))
	}
	spend.Sort(want)
	var m spendtest.Memory
	bad := &spend.LineError{Line: 1, Err: errors.New("bad")}
	for range 2 {
		n, s, err := spend.Copy(t.Context(), &m, spend.Merge(values(want...), failing(bad, want[0])))
		if n != 2500 || s.Lines != 1 || err != nil {
			t.Fatalf("%d copied, %d skipped, %v", n, s.Lines, err)
		}
	}
	if diff := cmp.Diff(want, all(t, m.Entries(t.Context(), spend.Query{}))); diff != "" {
		t.Errorf("copied (-want +got):\n%.2000s", diff)
	}
	n, _, err := spend.Copy(t.Context(), &m, values(spendtest.Entry(1), spend.Entry{}))
	if n != 0 || !errors.Is(err, spend.ErrBad) {
		t.Errorf("%d copied, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := spend.Copy(ctx, &m, values(want...)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestQueryWants(t *testing.T) {
	e := spendtest.Entry(1)
	for _, tt := range []struct {
		name string
		q    spend.Query
		want bool
	}{
		{"all", spend.Query{}, true},
		{"from its hour", spend.Query{From: e.Hour}, true},
		{"from after", spend.Query{From: e.Hour.Add(1)}, false},
		{"to its hour", spend.Query{To: e.Hour}, false},
		{"to after", spend.Query{To: e.Hour.Add(1)}, true},
		{"of its repository", spend.Query{Repositories: []string{"x", e.Repository}}, true},
		{"of another", spend.Query{Repositories: []string{"x"}}, false},
	} {
		if got := tt.q.Wants(e); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// FuzzDecode holds that hostile lines end nothing, and that what is read is an entry that is written the same again.
func FuzzDecode(f *testing.F) {
	line := encode(f, full())
	f.Add(line)
	f.Add(line + line[:30])
	f.Add(strings.Replace(line, "batch", "x\x00", 1))
	f.Add("{}\n[]\nnull\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines := 0
		for e, err := range spend.Decode("f", strings.NewReader(text+"\n"+line)) {
			if lines++; err != nil {
				continue
			}
			again, err := spend.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			back, err := spend.Parse(again)
			if err != nil || !spend.Same(e, back) {
				t.Fatalf("%s reads back as %+v, %v", again, back, err)
			}
		}
		if lines == 0 || lines > strings.Count(text, "\n")+2 {
			t.Fatalf("%d lines of %q", lines, text)
		}
	})
}

// FuzzReadCSV holds the same of CSV.
func FuzzReadCSV(f *testing.F) {
	var cells bytes.Buffer
	if _, _, err := spend.WriteCSV(&cells, values(full())); err != nil {
		f.Fatal(err)
	}
	f.Add(cells.String())
	f.Add("hour,\"x\n")
	f.Fuzz(func(t *testing.T, text string) {
		for e, err := range spend.ReadCSV("f", strings.NewReader(text)) {
			if err != nil {
				continue
			}
			var out bytes.Buffer
			if _, _, err := spend.WriteCSV(&out, values(e)); err != nil {
				t.Fatal(err)
			}
			back := all(t, spend.ReadCSV("f", &out))
			if len(back) != 1 || !spend.Same(e, back[0]) {
				t.Fatalf("%+v reads back as %+v", e, back)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	line := encode(b, full())
	text := strings.Repeat(line, 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		n := 0
		for _, err := range spend.Decode("f", strings.NewReader(text)) {
			if n++; err != nil {
				b.Fatal(err)
			}
		}
	}
}

// The longest entry that Check lets through is a line that is read back.
func TestLongestLine(t *testing.T) {
	e := full()
	long := func(n int) string { return strings.Repeat("<", n) }
	e.Part, e.Harness, e.Version, e.Author = long(255), long(64), long(64), long(255)
	e.Repository, e.Branch, e.Provider, e.Model, e.Tier = "a/b/"+long(251), long(255), long(255), long(255), long(64)
	e.Labels, e.Attributes, e.Requests = nil, map[string]string{}, map[string]int64{}
	for i := range 16 {
		name := fmt.Sprintf("%s%02d", long(62), i)
		e.Labels, e.Attributes[name], e.Requests[name] = append(e.Labels, name), long(127), spend.MaxCount
	}
	e = e.Complete()
	line, err := spend.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	got, err := spend.Parse(line)
	if err != nil || !spend.Same(e, got) || len(line) < spend.MaxLine/2 {
		t.Errorf("%d bytes, error %v", len(line), err)
	}
	if got := all(t, spend.Decode("f", bytes.NewReader(slices.Concat(line, line)))); len(got) != 2 {
		t.Errorf("%d entries, want 2", len(got))
	}
}
