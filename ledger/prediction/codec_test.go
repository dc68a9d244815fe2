package prediction_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
)

// The stored form. It must not change: ledgers are kept for years.
const (
	storedPrediction = `{"prediction":{"schema":"pertask.prediction/1","repository":"github.com/acme/shop","pull":1,"suite":"a","merged":"2026-09-01T12:00:00Z",` +
		`"commit":"0000000000000000000000000000000000000001","before":[{"slot":"main","key":"model","value":"gpt-5.4"}],"after":[{"slot":"main","key":"model","value":"gpt-5.4-mini"}],` +
		`"ratio":{"estimate":0.62,"low":0.48,"high":0.79},"verdict":"switch","accepted":false,"book":"2026-08-20"}}`
	storedOutcome = `{"outcome":{"schema":"pertask.outcome/1","repository":"github.com/acme/shop","pull":1,"suite":"a","as_of":"2026-09-29T12:00:00Z","final":false,` +
		`"from":"2026-07-07T12:00:00Z","to":"2026-09-29T12:00:00Z","days":28,"before":77,"after":41,"none_before":0,"none_after":0,"observed":null,"sized":false,"difference":null,` +
		`"relation":"cannot-tell","reason":"too-few-before","caveats":[{"code":"other-switch","pulls":[7]}]}}`
)

func TestStoredForm(t *testing.T) {
	p := predictiontest.Predicted(shop, 1, "a")
	o := predictiontest.Observed(p, 28)
	o.Observed, o.Difference, o.Relation, o.Reason = nil, nil, prediction.CannotTell, "too-few-before"
	o.Caveats = []prediction.Caveat{{Code: prediction.OtherSwitch, Pulls: []int{7}}}
	for name, x := range map[string]struct {
		got    func() ([]byte, error)
		stored string
	}{
		"prediction": {func() ([]byte, error) { return prediction.EncodePrediction(p) }, storedPrediction},
		"outcome":    {func() ([]byte, error) { return prediction.EncodeOutcome(o) }, storedOutcome},
	} {
		got, err := x.got()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x.stored, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	gotP, none, err := prediction.Decode([]byte(storedPrediction))
	if err != nil || none != nil || !gotP.Equal(p) {
		t.Errorf("%+v, %v, %v", gotP, none, err)
	}
	noneP, gotO, err := prediction.Decode([]byte(storedOutcome + "\n"))
	if err != nil || noneP != nil || !gotO.Equal(o) {
		t.Errorf("%+v, %v, %v", noneP, gotO, err)
	}
}

func TestBadLines(t *testing.T) {
	in := func(stored, old, new string) string {
		if !strings.Contains(stored, old) {
			t.Fatalf("%q is not in the stored form", old)
		}
		return strings.Replace(stored, old, new, 1)
	}
	for name, line := range map[string]string{
		"nothing":                    ``,
		"an empty object":            `{}`,
		"a list":                     `[]`,
		"both":                       strings.TrimSuffix(storedPrediction, "}") + "," + strings.TrimPrefix(storedOutcome, "{"),
		"something after":            storedPrediction + "{}",
		"an unknown field":           in(storedPrediction, `"pull":1`, `"pull":1,"more":2`),
		"a field twice":              in(storedPrediction, `"pull":1`, `"pull":1,"pull":2`),
		"a field in other letters":   in(storedPrediction, `"pull"`, `"Pull"`),
		"another version":            in(storedPrediction, `prediction/1`, `prediction/2`),
		"another outcome's version":  in(storedOutcome, `outcome/1`, `outcome/9`),
		"a repository with capitals": in(storedPrediction, `acme`, `Acme`),
		"a repository without host":  in(storedPrediction, `github.com/acme/shop`, `acme/shop`),
		"no pull request":            in(storedPrediction, `"pull":1`, `"pull":0`),
		"no suite":                   in(storedPrediction, `"suite":"a"`, `"suite":""`),
		"a suite of two lines":       in(storedPrediction, `"suite":"a"`, `"suite":"a\nb"`),
		"a long suite":               in(storedPrediction, `"suite":"a"`, `"suite":"`+strings.Repeat("a", 600)+`"`),
		"a local time":               in(storedPrediction, `12:00:00Z`, `12:00:00+02:00`),
		"no time":                    in(storedPrediction, `2026-09-01T12:00:00Z`, `0001-01-01T00:00:00Z`),
		"a short commit":             in(storedPrediction, `"0000000000000000000000000000000000000001"`, `"1"`),
		"a verdict that is none":     in(storedPrediction, `"switch"`, `"maybe"`),
		"a book without a date":      in(storedPrediction, `"2026-08-20"`, `"latest"`),
		"a ratio of 0":               in(storedPrediction, `{"estimate":0.62,"low":0.48`, `{"estimate":0,"low":0`),
		"a ratio below its interval": in(storedPrediction, `"estimate":0.62`, `"estimate":0.4`),
		"a ratio above it":           in(storedPrediction, `"estimate":0.62`, `"estimate":0.8`),
		"a lower end below 0":        in(storedPrediction, `"low":0.48`, `"low":-1`),
		"a ratio as text":            in(storedPrediction, `"estimate":0.62`, `"estimate":"0.62"`),
		"a setting without a key":    in(storedPrediction, `"key":"model"`, `"key":""`),
		"too many settings":          in(storedPrediction, `"before":[`, `"before":[`+strings.Repeat(`{"slot":"a","key":"b","value":"c"},`, 64)),
		"no relation":                in(storedOutcome, `"cannot-tell"`, `""`),
		"no reason":                  in(storedOutcome, `"reason":"too-few-before",`, ``),
		"inside of nothing":          in(in(storedOutcome, `"cannot-tell"`, `"inside"`), `"reason":"too-few-before",`, ``),
		"a window that ends first":   in(storedOutcome, `"to":"2026-09-29`, `"to":"2026-06-29`),
		"a window after the outcome": in(storedOutcome, `"to":"2026-09-29`, `"to":"2026-09-30`),
		"a negative count":           in(storedOutcome, `"after":41`, `"after":-1`),
		"a caveat without a code":    in(storedOutcome, `"other-switch"`, `""`),
		"a caveat with markup":       in(storedOutcome, `"other-switch"`, `"<b>"`),
		"too many caveats":           in(storedOutcome, `"caveats":[`, `"caveats":[`+strings.Repeat(`{"code":"drift"},`, 32)),
		"a line too long":            storedOutcome + strings.Repeat(" ", prediction.MaxLine),
	} {
		if p, o, err := prediction.Decode([]byte(line)); err == nil {
			t.Errorf("%s is read: %+v, %+v", name, p, o)
		}
	}
	long := predictiontest.Predicted(shop, 1, "a")
	for range 64 {
		long.Before = append(long.Before[:len(long.Before):len(long.Before)], prediction.Setting{Slot: strings.Repeat("s", 500), Key: strings.Repeat("k", 500), Value: strings.Repeat("v", 500)})
	}
	if _, err := prediction.EncodePrediction(prediction.Prediction{}); err == nil {
		t.Error("an empty prediction is written")
	}
	long.Before = long.Before[1:]
	if _, err := prediction.EncodePrediction(long); err == nil || !strings.Contains(err.Error(), "at most 65536 are kept") {
		t.Errorf("error %v, want that the line is too long", err)
	}
}

func TestEqual(t *testing.T) {
	p := predictiontest.Predicted(shop, 1, "a")
	q := predictiontest.Predicted(shop, 1, "a")
	o, u := predictiontest.Observed(p, 28), predictiontest.Observed(p, 28)
	if !p.Equal(q) || !o.Equal(u) {
		t.Error("the same is not equal")
	}
	q.Merged, u.After = q.Merged.Add(time.Nanosecond), 1
	if p.Equal(q) || o.Equal(u) {
		t.Error("others are equal")
	}
}

// Whatever is read can be written, and says the same again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(storedPrediction))
	f.Add([]byte(storedOutcome))
	f.Add([]byte(strings.Replace(storedPrediction, `"high":0.79`, `"high":null`, 1)))
	f.Add([]byte(`{"prediction":null,"outcome":null}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		p, o, err := prediction.Decode(line)
		if err != nil {
			return
		}
		var again []byte
		if p != nil {
			again, err = prediction.EncodePrediction(*p)
		} else {
			again, err = prediction.EncodeOutcome(*o)
		}
		if err != nil {
			t.Fatalf("%s is read and cannot be written: %v", line, err)
		}
		q, v, err := prediction.Decode(again)
		if err != nil || (q == nil) != (p == nil) || q != nil && !q.Equal(*p) || v != nil && !v.Equal(*o) {
			t.Fatalf("%s became %s: %v", line, again, err)
		}
	})
}
