package session

import (
	"bytes"
	"context"
	"os"
	"sync"

	"github.com/pertask/pertask/session/record"
)

const (
	// pieceSize is how much of a file is looked at at once. Lines that are longer make a piece grow up to maxLine.
	pieceSize = 512 << 10
	maxLine   = 16 << 20
)

// piece is some whole lines of a file, and what they say.
type piece struct {
	log  *log
	read *read

	buf   []byte // room; data is a part of it
	data  []byte // whole lines
	past  int64  // bytes of lines before data that were too long
	lines []record.Line
	count int64
	skip  map[record.Reason]int64

	first bool  // of its file
	last  bool  // of its file; it may have no data
	from  int64 // where the file is read from, when it is the first
	err   error

	done chan struct{}
}

func (p *piece) left(why record.Reason) {
	if p.skip == nil {
		p.skip = map[record.Reason]int64{}
	}
	p.skip[why]++
}

// look takes the piece's lines apart.
func (p *piece) look(n *record.Names) {
	reader := formats[p.log.home.Harness].read
	for data := p.data; len(data) > 0; {
		line := data
		if end := bytes.IndexByte(data, '\n'); end >= 0 {
			line, data = data[:end], data[end+1:]
		} else {
			data = nil
		}
		p.count++
		if line = bytes.TrimRight(line, "\r \t"); len(line) == 0 {
			continue
		}
		if line[0] != '{' || line[len(line)-1] != '}' {
			p.left(record.Malformed)
			continue
		}
		if len(p.lines) < cap(p.lines) {
			p.lines = p.lines[:len(p.lines)+1]
			p.lines[len(p.lines)-1] = record.Line{}
		} else {
			p.lines = append(p.lines, record.Line{})
		}
		l := &p.lines[len(p.lines)-1]
		if why := reader(line, n, l); why != record.None {
			p.left(why)
			l.Kind = record.Nothing
		}
		if l.Kind == record.Nothing {
			p.lines = p.lines[:len(p.lines)-1]
		}
	}
}

// pipeline reads logs in their order, looks at their lines with several workers, and hands the pieces to take in the order
// of the files' bytes. What take gets is its own until it returns.
func pipeline(ctx context.Context, workers int, logs []*log, open func(*log) (*os.File, *read, int64, error), take func(*piece) error) error {
	ctx, stop := context.WithCancel(ctx)
	free := sync.Pool{New: func() any { return &piece{buf: make([]byte, pieceSize)} }}
	jobs, order := make(chan *piece), make(chan *piece, 2*workers)
	var busy sync.WaitGroup
	for range workers {
		busy.Go(func() {
			var names record.Names
			for p := range jobs {
				p.look(&names)
				close(p.done)
			}
		})
	}
	busy.Go(func() {
		defer close(order)
		defer close(jobs)
		for _, l := range logs {
			c := cutter{log: l, free: &free}
			var err error
			if c.file, c.read, c.from, err = open(l); c.read == nil && err == nil {
				continue
			}
			for p := range c.pieces(err) {
				select {
				case order <- p:
				case <-ctx.Done():
					return
				}
				select {
				case jobs <- p:
				case <-ctx.Done():
					close(p.done)
					return
				}
			}
		}
	})
	defer busy.Wait()
	defer stop()
	for p := range order {
		<-p.done
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := take(p); err != nil {
			return err
		}
		if len(p.buf) == pieceSize { // what had to grow is not kept
			*p = piece{buf: p.buf, lines: p.lines[:0]}
			free.Put(p)
		}
	}
	return ctx.Err()
}
