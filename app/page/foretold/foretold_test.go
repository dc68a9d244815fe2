package foretold_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/page/foretold"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
)

func records() []prediction.Record {
	early, told := predictiontest.Predicted("github.com/acme/shop", 1, "all"), predictiontest.Predicted("github.com/acme/shop", 2, "all")
	return []prediction.Record{{Prediction: early}, {Prediction: told, Outcomes: []prediction.Outcome{predictiontest.Observed(told, 14), predictiontest.Observed(told, 28)}}}
}

func TestTable(t *testing.T) {
	l := foretold.Table(records(), prediction.Rules{}, func(k prediction.Key) (string, string) { return "/review", "/pull" })
	var out bytes.Buffer
	if err := l.CSV(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"pull,answer,relation,suite,merged,as_of,repository,verdict,predicted,predicted_low,predicted_high,observed,observed_low,observed_high,sized,before,after,reason,final,accepted",
		`1,"Too early to tell. Predicted -38 % [-52, -21].",cannot-tell,all,2026-09-01T12:00:00Z,,github.com/acme/shop,switch,0.62,0.48,0.79,,,,false,0,0,too-early,false,false`,
		`2,"As predicted. Predicted -38 % [-52, -21], observed -24 % [-40, -3] over 41 merged pull requests`} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is\n%s\nwant\n%s", i, lines[i], want)
		}
	}
	shown := l.Shown().Rows[1]
	if shown[0].Href != "/pull" || shown[1].Show != "As predicted" || shown[1].Class != "good" || !strings.HasPrefix(shown[1].More, "Predicted -38 %") || shown[5].Href != "/review" || shown[6].Show != "acme/shop" {
		t.Errorf("the page has %+v", shown)
	}
}

func TestSays(t *testing.T) {
	if got := foretold.Says(prediction.Calibration{}); !strings.Contains(got, "no prediction") {
		t.Errorf("of none: %s", got)
	}
	c := prediction.Calibration{Told: 9, Inside: 7, Expected: 7.61, Least: 5, Most: 9}
	if got, want := foretold.Says(c), "7 of 9 inside their interval; 7.6 expected if all are right, by chance 5 to 9."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	keys := map[string]any{}
	for _, f := range foretold.Facts(c) {
		keys[f.Key] = f.Cell.Raw
	}
	if keys["told"] != 9 || keys["inside"] != 7 || keys["least"] != 5 || keys["most"] != 9 {
		t.Errorf("the figures %v", keys)
	}
	if got := foretold.Due(prediction.Rules{Days: 7}); !strings.Contains(got, "7 days after the merge") || !strings.Contains(got, "40 pull requests") || !strings.Contains(got, "after 14 days") {
		t.Error(got)
	}
}

func TestSince(t *testing.T) {
	all := records()
	if got := foretold.Since(all, time.Time{}); len(got) != 2 || got[0].Prediction.Pull != 2 || all[0].Prediction.Pull != 1 {
		t.Errorf("the latest first: %+v", got)
	}
	if got := foretold.Since(all, predictiontest.Noon.Add(time.Minute)); len(got) != 1 || got[0].Prediction.Pull != 2 {
		t.Errorf("since a minute later: %+v", got)
	}
}
