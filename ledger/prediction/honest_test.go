package prediction_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/stats/series/histories"
)

// Of right predictions few are called wrong, and of wrong ones, where nothing changed although a third was promised, more
// the more pull requests there are. Predictions and histories are drawn; the whole way is gone.
func TestFollowIsHonest(t *testing.T) {
	for _, tt := range []struct {
		name         string
		world        histories.World
		predicted    float64 // the ratio that is promised
		least, most  float64 // share of those told that are called wrong
		fewestSilent float64 // share of histories that tell
	}{
		{"right", histories.World{Before: 60, After: 40, Effect: 0.62, Spread: 0.5}, 0.62, 0, 0.06, 0.8},
		{"right, neighbours alike", histories.World{Before: 60, After: 40, Effect: 0.62, Spread: 0.5, Memory: 0.5}, 0.62, 0, 0.08, 0.5},
		{"wrong", histories.World{Before: 60, After: 40, Effect: 1, Spread: 0.3}, 0.62, 0.65, 1, 0.9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 2))
			runs := 150
			if testing.Short() { // as with the race detector, which makes it many times as long
				runs = 40
			}
			told, wrong := 0, 0
			for range runs {
				p := switched()
				x := math.Log(tt.predicted) + 0.1*r.NormFloat64()
				ratio := prediction.NewRatio(math.Exp(x), math.Exp(x-0.196), math.Exp(x+0.196))
				p.Ratio = &ratio
				points, _ := tt.world.Draw(r)
				h := prediction.History{Book: p.Book}
				for i, point := range points {
					h.Pulls = append(h.Pulls, pull(1000+i, p.Merged.Add(time.Duration(point.Day*24*float64(time.Hour))), fmt.Sprintf("%.9f", point.Spend)))
				}
				o := prediction.Follow(p, h, prediction.Rules{SettleDays: -1}, after(29))
				if o.Check() != nil {
					t.Fatalf("%v: %+v", o.Check(), o)
				}
				if o.Relation == prediction.CannotTell {
					continue
				}
				told++
				if o.Relation == prediction.OutsideCheaper || o.Relation == prediction.OutsideDearer {
					wrong++
				}
			}
			if got := float64(told) / float64(runs); got < tt.fewestSilent {
				t.Errorf("%v of the histories tell, want %v", got, tt.fewestSilent)
			}
			if got := float64(wrong) / float64(told); got < tt.least || got > tt.most {
				t.Errorf("%v of %d are called wrong, want %v to %v", got, told, tt.least, tt.most)
			}
		})
	}
}
