package route

import (
	"fmt"

	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
)

// The identifiers of the buttons of our check run, at most 20 characters each.
const (
	ButtonRun    = "pertask-run"
	ButtonMore   = "pertask-more"
	ButtonAccept = "pertask-accept"
)

// AcceptedByButton is the reason of an acceptance for which nobody could write one.
const AcceptedByButton = "accepted by the button on the check run"

// buttons are the commands that stand behind the identifiers.
var buttons = map[string]command.Command{
	ButtonRun:    {Verb: command.Run},
	ButtonMore:   {Verb: command.More},
	ButtonAccept: {Verb: command.Accept, Reason: AcceptedByButton},
}

// checkRun answers the buttons and "Re-run" of a check run. GitHub also tells every App that may read checks of those that
// are made and completed.
func checkRun(e event.Event) (Ask, error) {
	switch e.Action {
	case "rerequested":
		return onCheck(e), nil
	case "requested_action":
		return button(e), nil
	}
	return noConcern(e), nil
}

// checkSuite answers "Re-run all checks".
func checkSuite(e event.Event) (Ask, error) {
	if e.Action == "rerequested" {
		return onCheck(e), nil
	}
	return noConcern(e), nil
}

func noConcern(e event.Event) Ask {
	return Ask{Why: NoConcern, Say: fmt.Sprintf("Nothing that pertask looks at has changed (`%s`)", clip(e.Action))}
}

// onCheck is a review of the pull request that a check run is on. Nobody's permission is asked about: the review spends no
// more than one of a push does.
func onCheck(e event.Event) Ask {
	c := e.Check
	return Ask{Do: Review, Check: &c, commit: c.HeadSHA, needs: needs{pull: true}, Trigger: review.Trigger{Kind: review.Job, Repo: e.Repo,
		Pull: e.Pull.Number, HeadSHA: c.HeadSHA, Fork: true, Author: e.Sender}}
}

// button is the command of the person who pressed it.
func button(e event.Event) Ask {
	c, ok := buttons[e.Check.Identifier]
	switch {
	case !ok:
		return Ask{Why: NoConcern, Say: "The button is none of pertask's"}
	case e.Bot || !person(e.Sender):
		return Ask{Why: NoPerson, Say: "The button was not pressed by a person, so it asks for nothing"}
	}
	a := onCheck(e)
	a.Trigger.Kind, a.Trigger.By, a.Trigger.Command = review.Command, e.Sender, &c
	a.needs.permission = true
	return a
}

// Ours settles an Ask that depends on a check run: app is the id of our App, and name the one that our check run has by the
// configuration of the base. A name of "" is any: the App's id alone cannot be forged. A check suite has no name.
func (a Ask) Ours(app int64, name string) Ask {
	c := a.Check
	if c == nil {
		return a
	}
	a.Check = nil
	if app == 0 || c.App != app || name != "" && c.Name != "" && c.Name != name {
		return Ask{Why: OtherCheck, Say: "The check run is not one of ours"}
	}
	return a
}

func installation(event.Event) (Ask, error) { return Ask{Do: Enroll}, nil }
