package process

import (
	"errors"
	"fmt"
	"os"
)

// Keeper is what a program that runs another one in a sandbox needs of Run. The other one may belong to another
// user or hide behind sudo, where this process's signals do not reach it, and its end is not always the end of the
// program that was started.
type Keeper struct {
	// Leash is the path of a named pipe that Run holds open for as long as the program may run: LeashAsk is written
	// to it when the program is asked to end, and it is closed when it has to. The system closes it when this
	// process dies.
	Leash string
	// Ended says how the program inside ended, told how the outer one did. An error means that the sandbox broke
	// before the program was started.
	Ended func(Ending) (Ending, error)
}

// LeashAsk is what is written to a Keeper's leash when the program is asked to end. Sandboxes of other versions never
// read it: the leash and its reader are started by the same binary.
const LeashAsk = 'T'

// ErrKeeper is wrapped by the errors of Run when the sandbox broke, and not the program in it.
var ErrKeeper = errors.New("the sandbox broke")

// hold opens the leash. Opening for both directions neither waits for a reader nor breaks without one.
func (k *Keeper) hold() (*os.File, error) {
	if k == nil {
		return nil, nil
	}
	f, err := os.OpenFile(k.Leash, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: opening its leash: %w", ErrKeeper, err)
	}
	return f, nil
}

// correct asks the keeper how the program inside ended.
func (k *Keeper) correct(e Ending) (Ending, error) {
	if k == nil {
		return e, nil
	}
	inner, err := k.Ended(e)
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrKeeper, err)
	}
	return inner, nil
}
