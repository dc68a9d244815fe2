package recorded_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
)

// partSize is about as much text as is read at once: a text of several times that is read by several at a time.
const partSize = 32 << 10

// manyRows are n rows of the form of long texts, from a trial on.
func manyRows(from, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "d,m%d,task-%d,%d,1,%d,2,3,4,0.0149740,12.5\n", i%2, i%7, from+i, i)
	}
	return b.String()
}

// Wherever a part of the text ends, in a line or at the end of one, rows are those of the whole text: the first lines
// shift the ends of all that follow a little more each time.
func TestPartsEndAnywhere(t *testing.T) {
	tail := manyRows(100, 3*partSize/50)
	for shift := 0; shift < 60; shift += 3 {
		first := "d,m,t" + strings.Repeat("x", shift) + ",0,1,,,,,,\n"
		same(t, header+first+tail)
	}
	for _, end := range []string{"\r\n", "\n\n", "\n \n", "\r\n\r\n"} {
		same(t, header+strings.ReplaceAll(tail, "\n", end))
	}
}

// A line that is as long as a part, a little shorter or much longer is a line like others.
func TestLinesAsLongAsParts(t *testing.T) {
	for _, n := range []int{partSize - 20, partSize - 15, partSize - 14, partSize - 13, partSize - 12, partSize - 11, partSize - 10, partSize, partSize + 1, 2 * partSize, 5 * partSize} {
		long := "d,m," + strings.Repeat("x", n) + ",0,1,,,,,,\n"
		same(t, header+long+manyRows(0, 50))
		same(t, header+manyRows(0, 2000)+long+manyRows(2000, 2000)+"d,m,t,bad,1,,,,,,\n")
		same(t, header+manyRows(0, 2000)+strings.TrimSuffix(long, "\n"))
	}
}

// A quote anywhere in a long text changes nothing about the rows and the places around it.
func TestQuotesInAnyPart(t *testing.T) {
	for _, before := range []int{0, 1, 600, 700, 1500, 3000} {
		for _, quoted := range []string{"d,m,\"a\nb\",0,1,,,,,,\n", "d,m,\"a,b\",0,x,,,,,,\n", "d,m,a\"b,0,1,,,,,,\n", "d,m,\"a,0,1,,,,,,\n"} {
			same(t, header+manyRows(0, before)+quoted+manyRows(before, 2000)+"d,m0,task-0,0,1,,,,,,\nd,m,t,-1,1,,,,,,\n")
		}
	}
}

// Mistakes of several parts are told by their lines in the text, in its order, and no more than 20 of them; the rows
// that are handed out are those before the last one.
func TestMistakesOfSeveralParts(t *testing.T) {
	var b strings.Builder
	b.WriteString(header)
	for i := range 15 {
		b.WriteString(manyRows(1000*i, 400+37*i))
		switch i % 5 {
		case 0:
			b.WriteString("d,m,t,0,yes,-1,,,,,\n")
		case 1:
			b.WriteString("d,m0,task-0,0,1,,,,,,\n") // as the first row
		case 2:
			b.WriteString("d,m,t\n")
		case 3:
			b.WriteString("d, ,t,x,1,,,,,1e99,\n\n")
		case 4:
			fmt.Fprintf(&b, "d,m0,task-0,%d,1,,,,,,\n", 1000*(i-1)) // as one of the part before or of this one
		}
	}
	same(t, b.String())
	rows, err := read(b.String())
	var first *recorded.Error
	if !errors.As(err, &first) || first.Line != 402 || first.Column != 9 {
		t.Errorf("the first mistake is %v, want it at 402:9", first)
	}
	if n := strings.Count(err.Error(), "\n") + 1; n < 20 || n > 22 || len(rows) < 5000 {
		t.Errorf("%d mistakes and %d rows", n, len(rows))
	}
	for range 20 {
		again, same := read(b.String())
		if err.Error() != same.Error() || len(rows) != len(again) {
			t.Fatalf("read again: %d rows and\n%v\nbefore: %d rows and\n%v", len(again), same, len(rows), err)
		}
	}
}

// A text that breaks off has the rows of its whole lines, and every mistake before that.
func TestLongTextBreaksOff(t *testing.T) {
	broke := errors.New("the disk is gone")
	for _, quoted := range []string{"", "d,m,\"a\",0,1,,,,,,\n"} {
		in := header + quoted + manyRows(0, 1234) + "d,m,t,x,1,,,,,,\n" + manyRows(1234, 1000)
		want, mistake := read(in)
		var got []recorded.Row
		err := recorded.ReadCSV(io.MultiReader(strings.NewReader(in+"d,m,t,5"), iotest.ErrReader(broke)), "t.csv", func(row recorded.Row) error {
			got = append(got, row)
			return nil
		})
		if !errors.Is(err, broke) || !strings.HasPrefix(err.Error(), mistake.Error()+"\nreading t.csv: ") {
			t.Errorf("error %v, want first %v", err, mistake)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	}
}

// Who takes the rows may end that at any of them: no row comes after it, and nobody reads any more.
func TestLongTextIsStopped(t *testing.T) {
	enough := errors.New("enough")
	for _, quoted := range []string{"", "d,m,\"a\",0,1,,,,,,\n"} {
		for _, last := range []int{1, 700, 5000} {
			in := &counted{in: strings.NewReader(header + quoted + manyRows(0, 20_000))}
			n := 0
			err := recorded.ReadCSV(in, "t.csv", func(recorded.Row) error {
				if n++; n == last {
					return enough
				}
				return nil
			})
			if err != enough || n != last {
				t.Errorf("stopped at row %d: %d rows, %v", last, n, err)
			}
			if in.bytes > 50*last+12*partSize {
				t.Errorf("stopped at row %d, %d bytes were read", last, in.bytes)
			}
		}
	}
}

// counted counts what is read of a text. It is for one reader at a time, which the race detector holds reading to.
type counted struct {
	in    io.Reader
	bytes int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.bytes += n
	return n, err
}
