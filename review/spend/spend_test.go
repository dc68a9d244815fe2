package spend_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/spend"
)

var noon = time.Date(2026, 11, 30, 23, 30, 0, 0, time.FixedZone("west", -5*3600))

func text(t *testing.T, l spend.Line) string {
	t.Helper()
	s, err := l.Text()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLine(t *testing.T) {
	got := text(t, spend.Line{Time: noon, Pull: 104, Head: "abc", Kind: "command", USD: price.Known(price.MustMoney("1.20"))})
	if want := `{"schema":"pertask.spend/1","time":"2026-12-01T04:30:00Z","pull":104,"head":"abc","kind":"command","usd":"1.2"}`; got != want {
		t.Errorf("line %s, want %s", got, want)
	}
	if got := spend.Path(noon); got != "spend/2026-12.jsonl" {
		t.Errorf("path %s", got)
	}
}

func TestSum(t *testing.T) {
	one := text(t, spend.Line{Time: noon, Head: "a", USD: price.Known(price.MustMoney("1.20"))})
	two := text(t, spend.Line{Time: noon, Head: "b", USD: price.Known(price.MustMoney("0.0000001")), AtLeast: true})
	unknown := text(t, spend.Line{Time: noon, Head: "c"})
	negative := strings.Replace(one, `"1.2"`, `"-5"`, 1)
	for _, tt := range []struct {
		name, file, spent string
		checks            int
		least             bool
	}{
		{"nothing", "", "0", 0, false},
		{"one", one + "\n", "1.2", 1, false},
		{"one without its end", one, "1.2", 1, false},
		{"one that is there twice", one + "\r\n" + one + "\n", "1.2", 1, false},
		{"a lower bound", one + "\n" + two + "\n", "1.2000001", 2, true},
		{"one that is not known", one + "\n" + unknown + "\n", "1.2", 2, true},
		{"what is not ours", "x\n{}\n" + one[:20] + "\n" + negative + "\n\n" + `{"schema":"pertask.spend/2","usd":"7"}` + "\n" + one, "1.2", 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := spend.Sum([]byte(tt.file))
			if got.Spent.String() != tt.spent || got.Checks != tt.checks || got.AtLeast != tt.least {
				t.Errorf("got %v in %d checks, at least: %v", got.Spent, got.Checks, got.AtLeast)
			}
		})
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte(`{"schema":"pertask.spend/1","usd":"1"}`))
	f.Add([]byte(`{"schema":"pertask.spend/1","usd":"1e999999"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		m := spend.Sum(file)
		if usd, known := m.Spent.Value(); !known || usd.Cmp(price.Money{}) < 0 || m.Checks < 0 {
			t.Errorf("sum %+v", m)
		}
	})
}

// branch is one file.
type branch struct {
	text string
	fail error
}

func (b *branch) AppendBranch(_ context.Context, _ github.Repo, _, _, line, _ string) error {
	b.text += line + "\n"
	return b.fail
}

func (b *branch) ReadBranch(context.Context, github.Repo, string, string) ([]byte, string, error) {
	return []byte(b.text), "", b.fail
}

func TestKeep(t *testing.T) {
	b := &branch{}
	usd := func(s string) spend.Line { return spend.Line{Head: s, USD: price.Known(price.MustMoney(s))} }
	for _, s := range []string{"1.20", "0", "0.30"} {
		if _, err := spend.Keep(t.Context(), b, github.Repo{}, "x", usd(s)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := spend.Keep(t.Context(), b, github.Repo{}, "x", spend.Line{Head: "unknown"})
	if err != nil || m.Checks != 3 || !m.AtLeast || !m.Spent.Equal(price.Known(price.MustMoney("1.50"))) {
		t.Errorf("%+v, %v; a check that cost nothing adds nothing, and one whose cost is not known does", m, err)
	}
	b.fail = errors.New("no room")
	if _, err := spend.Keep(t.Context(), b, github.Repo{}, "x", usd("1")); !errors.Is(err, b.fail) {
		t.Errorf("error %v", err)
	}
}
