package question

import "fmt"

// Say is a note on something beside the trials that went wrong, such as a store that cannot be read, in words without a full stop.
// Where somebody takes the error it is theirs alone: what a store says may hold addresses, or what it was asked. Otherwise the note
// has its words, since whoever reads the report has nothing else to find out by.
func (o Options) Say(what string, err error) string {
	if o.Trouble == nil {
		return fmt.Sprintf("%s: %v.", what, err)
	}
	o.Trouble(what, err)
	return what + "."
}
