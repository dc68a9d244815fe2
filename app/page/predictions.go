package page

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"strconv"

	"github.com/pertask/pertask/app/page/asked"
	"github.com/pertask/pertask/app/page/foretold"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/listing"
	"github.com/pertask/pertask/app/page/reckon"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/ledger/prediction"
)

// Predictions are what merged changes of model settings promised, and what came of it. Implementations are safe for concurrent use.
type Predictions interface {
	// Predictions yields those of an installation, as the Records of a prediction.Store do.
	Predictions(ctx context.Context, installation int64) iter.Seq2[prediction.Record, error]
}

const (
	// maxPredictions is how many are read, and maxPromises how many a page has. Exports have all.
	maxPredictions, maxPromises = 10_000, 50
)

var errMany = errors.New("there are more predictions than a page reads")

// foretell reads the predictions that the viewer may see, and what is asked for of them.
func (v *visit) foretell() (sought url.Values, repo int64, all []prediction.Record, err error) {
	if repo, err = v.repo(); err != nil {
		return nil, 0, nil, err
	}
	since, err := asked.Since(v.q)
	if err != nil {
		return nil, 0, nil, err
	}
	readable, broken := v.readable(repo), 0
	for r, err := range v.Predictions.Predictions(v.ctx, v.grant.Installation) {
		if v.ctx.Err() != nil {
			return nil, 0, nil, context.Cause(v.ctx)
		}
		if err != nil {
			broken++
			v.Log.Error("dashboard: reading a prediction", "installation", v.grant.Installation, "error", err)
			continue
		}
		if _, ok := readable[r.Prediction.Repository]; !ok {
			continue
		}
		if all = append(all, r); len(all) > maxPredictions {
			return nil, 0, nil, errMany
		}
	}
	if broken > 0 && len(all) == 0 {
		return nil, 0, nil, errors.New("no prediction can be read")
	}
	sought = url.Values{}
	if repo != 0 {
		sought.Set("repo", strconv.FormatInt(repo, 10))
	}
	if !since.IsZero() {
		sought.Set("since", since.Format("2006-01-02"))
	}
	return sought, repo, foretold.Since(all, since), nil
}

// readable are the repositories that the viewer can read, by the names that entries have; with a repository that one alone.
func (v *visit) readable(repo int64) map[string]signin.Repo {
	return reckon.Readable(v.grant, v.web.Hostname(), repo)
}

func predictions(v *visit) (*layout.View, error) {
	sought, repo, all, err := v.foretell()
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/predictions")
	if v.export {
		return &layout.View{Blocks: []layout.Block{{List: foretold.Table(all, prediction.Rules{}, v.leads(false))}}}, nil
	}
	shown := all[:min(len(all), maxPromises)]
	l := foretold.Table(shown, prediction.Rules{}, v.leads(true))
	l.Export, l.Query = path, sought.Encode()
	c := prediction.Calibrate(all)
	facts := foretold.Facts(c)
	figures := listing.One(facts, path+"/calibration")
	figures.Name, figures.Caption, figures.Query = "calibration", "Calibration", sought.Encode()
	form := &layout.Form{Action: path, Submit: "Show", Reset: path, Fields: []layout.Field{v.repoField(repo), {Name: "since", Label: "Merged since", Type: "date", Value: sought.Get("since")}}}
	table := layout.Block{Title: "Each of them", List: l}
	if len(shown) < len(all) {
		table.Text = words("The table has the latest %d of %d; the exports have all.", len(shown), len(all))
	}
	return &layout.View{Title: "Predictions", Tab: "predictions", Blocks: []layout.Block{{Text: []string{"What a measured change of model settings promised when it was merged, and how the spend per merged pull request changed after it. " + foretold.Due(prediction.Rules{})}, Form: form, Links: []layout.Tab{{Words: "What agents cost", Path: at(v.grant.Installation, "/agents")}}},
		{Title: "Do predictions come true?", Text: []string{foretold.Says(c)}, Facts: layout.Named(facts)}, {List: figures}, table}}, nil
}

// leads is where predictions lead to: with reviews, also to the review that measured the change, the latest one that posted a result.
func (v *visit) leads(reviews bool) foretold.Links {
	names := v.readable(0)
	return func(k prediction.Key) (review, pull string) {
		r, ok := names[k.Repository]
		if !ok {
			return "", ""
		}
		pull = v.names().Pull(record.Repo{Installation: v.grant.Installation, ID: r.ID, Name: r.Name}, k.Pull).Href
		if !reviews {
			return "", pull
		}
		all, err := v.Reviews.Log(v.ctx, v.grant.Scope(), record.LogFilter{Repo: r.ID, Pull: k.Pull, Only: []string{record.VerbVerdict, record.VerbResult}, Limit: 1})
		if err != nil {
			v.Log.Warn("dashboard: looking for the review of a prediction", "installation", v.grant.Installation, "error", err)
		}
		for _, e := range v.seen(all) {
			if e.Review != nil {
				review = ReviewPath(v.grant.Installation, e.Review.ID)
			}
		}
		return review, pull
	}
}

func calibration(v *visit) (*layout.View, error) {
	_, _, all, err := v.foretell()
	l := listing.One(foretold.Facts(prediction.Calibrate(all)), "")
	l.Name = "calibration"
	return &layout.View{Blocks: []layout.Block{{List: l}}}, err
}
