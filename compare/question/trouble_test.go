package question_test

import (
	"errors"
	"testing"

	"github.com/pertask/pertask/compare/question"
)

func TestSay(t *testing.T) {
	cause := errors.New("dialing postgres://somebody@somewhere: SELECT 1")
	if got, want := (question.Options{}).Say("It could not be read", cause), "It could not be read: "+cause.Error()+"."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var what string
	var told error
	o := question.Options{Trouble: func(w string, err error) { what, told = w, err }}
	if got, want := o.Say("It could not be read", cause), "It could not be read."; got != want || what != "It could not be read" || !errors.Is(told, cause) {
		t.Errorf("%q, want %q; told were %q and %v", got, want, what, told)
	}
}
