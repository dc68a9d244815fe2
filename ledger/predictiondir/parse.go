package predictiondir

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pertask/pertask/ledger/prediction"
)

// mostBad bounds the errors of lines that are kept; one more says that there are others.
const mostBad = 100

// found is an outcome and where it stands.
type found struct {
	line    int
	outcome prediction.Outcome
}

// parse reads lines. A line that is too long is skipped in pieces, so that a hostile one needs no memory.
func parse(ctx context.Context, r io.Reader) (*contents, error) {
	c := &contents{}
	var outcomes []found
	in := bufio.NewReaderSize(r, prediction.MaxLine+1)
	at, long := int64(0), false
	for number := 1; ; {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		text, err := in.ReadSlice('\n')
		at += int64(len(text))
		switch {
		case err == bufio.ErrBufferFull:
			long = true
			continue
		case err == io.EOF:
			// A line counts when its end is there: before that nobody was told that it does.
			c.observe(outcomes)
			return c, nil
		case err != nil:
			return nil, err
		case long:
			c.wrong(number, fmt.Errorf("a line of more than %d bytes; at most that many are read", prediction.MaxLine))
		default:
			outcomes = append(outcomes, c.take(number, text)...)
		}
		c.whole, long = at, false
		number++
	}
}

// take reads one line, and returns its outcome for when all predictions are known.
func (c *contents) take(number int, text []byte) []found {
	p, o, err := prediction.Decode(text)
	switch {
	case err != nil:
		c.wrong(number, err)
	case o != nil:
		return []found{{number, *o}}
	default:
		if _, err := c.shelf.Predict(*p); err != nil {
			c.wrong(number, err)
		}
	}
	return nil
}

// observe puts outcomes on the shelf in the order of their times, since lines of two machines may be in any.
func (c *contents) observe(outcomes []found) {
	slices.SortStableFunc(outcomes, func(a, b found) int { return a.outcome.AsOf.Compare(b.outcome.AsOf) })
	for _, o := range outcomes {
		if _, err := c.shelf.Observe(o.outcome); err != nil {
			c.wrong(o.line, err)
		}
	}
}

func (c *contents) wrong(number int, err error) {
	switch n := len(c.bad); {
	case n < mostBad:
		c.bad = append(c.bad, &LineError{number, err})
	case n == mostBad:
		c.bad = append(c.bad, &LineError{number, errors.New("this line and maybe others cannot be read, too")})
	}
}
