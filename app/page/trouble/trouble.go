// Package trouble is what a person is told instead of a page.
//
// It knows the words and statuses of what goes wrong. It refuses to know how they are shown, and to tell what only the log may have.
package trouble

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/pertask/pertask/app/signin"
)

// Missing is what is said of what is not there, and of what belongs to others.
var Missing = Problem{http.StatusNotFound, "Not found", "There is no such page, or it is about a repository that you cannot read."}

// Problem is what a person is told instead of a page.
type Problem struct {
	Status      int
	Title, Word string
}

// Error is what is said.
func (p Problem) Error() string { return p.Word }

// Bad is a question that is not understood.
func Bad(format string, args ...any) error {
	return Problem{http.StatusBadRequest, "That is not understood", fmt.Sprintf(format, args...)}
}

// Explain is where every error becomes a status and words. What is not known here is told of in the log only.
func Explain(err error) (p Problem, known bool) {
	switch {
	case errors.As(err, &p):
		return p, true
	case errors.Is(err, signin.ErrNobody):
		return Problem{http.StatusUnauthorized, "Sign in", "Sign in with GitHub to see the repositories that you can read there."}, true
	case errors.Is(err, signin.ErrStart):
		return Problem{http.StatusBadRequest, "The sign-in did not work", "This sign-in was not started in this browser, or more than ten minutes ago. Please begin again."}, true
	case errors.Is(err, signin.ErrDenied):
		return Problem{http.StatusForbidden, "You are not signed in", "GitHub did not let the sign-in happen, or you said no. Nothing was kept."}, true
	case errors.Is(err, signin.ErrUnavailable):
		return Problem{http.StatusServiceUnavailable, "Not just now", "GitHub or the database of this App does not answer, so it cannot be told what you may see. GitHub is asked every five minutes, and nothing is shown on an older answer. Please try again in a minute."}, true
	}
	return Problem{http.StatusInternalServerError, "Something went wrong", "The page could not be made. What happened is in the App's log."}, false
}
