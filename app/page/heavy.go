package page

import (
	"errors"
	"net/http"
	"time"

	"github.com/pertask/pertask/app/page/guard"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/trouble"
)

const (
	// maxHeavy is how many reads of many records there are at once in a process, and maxOwn how many of them are one person's.
	maxHeavy, maxOwn = 4, 2
	// maxLine is how many of one person's may wait, and heavyWait how long.
	maxLine, heavyWait = 8, 15 * time.Second
)

// heavy limits how many of these are made at once.
func (s *server) heavy(build builder) builder {
	return func(v *visit) (*layout.View, error) {
		release, err := v.turn()
		if err != nil {
			return nil, err
		}
		defer release()
		return build(v)
	}
}

// turn waits until the viewer may read many records. Who has a turn keeps it.
func (v *visit) turn() (release func(), err error) {
	if v.took {
		return func() {}, nil
	}
	release, err = v.reads.Take(v.ctx, v.viewer.ID)
	if errors.Is(err, guard.ErrBusy) {
		return nil, trouble.Problem{Status: http.StatusServiceUnavailable, Title: "Not just now", Word: "You, or many people, read a lot at once. Please try again in a minute."}
	}
	return release, err
}
