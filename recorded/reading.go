package recorded

import (
	"bytes"
	"io"
	"sync"
)

// reading reads a text in parts of whole lines, some at a time, and hands out what they hold in the order of the text.
// Once there is a part that cannot be cut at its line ends, since a quoted field may hold one, the rest is one part.
type reading struct {
	free, queue chan *batch // queue has the batches in the order of the text; each has room for all
	stop        chan struct{}
	readers     []*parser

	cutting sync.Mutex // for what follows
	in      io.Reader
	rest    []byte // that was read and is of the next part
	ended   bool   // there is no next part
}

// batch is what a part of the text holds.
type batch struct {
	text    []byte // the lines, with their ends
	failed  error  // in reading what comes after them
	records []record
	bad     []bad
	lines   int
	done    chan struct{} // says that it is filled
}

// bad is a record with mistakes, or a text that breaks off.
type bad struct {
	after    int // so many records that have none
	problems []error
}

// The texts of all batches together fit into a processor's cache, and so do their records.
const (
	readers  = 2
	batches  = 2*readers + 1
	partSize = 32 << 10
	perBatch = 512 // records of a text that is one part
)

// newReading goes on where the parser has read the header.
func newReading(p *parser) *reading {
	p.release()
	r := &reading{in: p.in, free: make(chan *batch, batches), queue: make(chan *batch, batches), stop: make(chan struct{})}
	for range batches {
		r.free <- &batch{text: make([]byte, 0, partSize), done: make(chan struct{}, 1)}
	}
	for range readers {
		r.readers = append(r.readers, &parser{scanner: &scanner{}, path: p.path, index: p.index, seen: p.seen, turns: map[string]*turn{}})
	}
	return r
}

// run reads to the end of the text, or until nothing more is taken. Nobody reads any more when it returns.
func (r *reading) run(t *taker) error {
	var all sync.WaitGroup
	for _, p := range r.readers {
		all.Go(func() { r.read(p) })
	}
	go func() {
		all.Wait()
		close(r.queue)
	}()
	var err error
	for b := range r.queue {
		if err != nil || t.full() {
			continue
		}
		<-b.done
		if err = t.take(b); err != nil || t.full() {
			close(r.stop)
			continue
		}
		r.free <- b
	}
	return err
}

// read reads one part after the other.
func (r *reading) read(p *parser) {
	for {
		b, ok := r.vacant()
		if !ok {
			return
		}
		more, ok := r.next(b)
		switch {
		case more != nil:
			r.readOn(p, more, b)
			return
		case !ok:
			return
		}
		p.part(b)
		b.done <- struct{}{}
	}
}

// vacant waits for a batch; there is none when nothing more is taken.
func (r *reading) vacant() (*batch, bool) {
	select {
	case b := <-r.free:
		return b, true
	case <-r.stop:
		return nil, false
	}
}

// next gives a batch the next part of the text and a place in the queue; not ok when there is none. Where the rest of
// the text is one part, next returns that.
func (r *reading) next(b *batch) (more io.Reader, ok bool) {
	r.cutting.Lock()
	defer r.cutting.Unlock()
	if r.ended {
		return nil, false
	}
	whole := r.cut(b)
	r.ended = !whole || b.failed != nil
	r.queue <- b
	if whole {
		return nil, true
	}
	tail := r.in
	if b.failed != nil {
		tail = broken{b.failed}
	}
	return io.MultiReader(bytes.NewReader(bytes.Clone(b.text)), bytes.NewReader(r.rest), tail), true
}

// broken is a reader that has come to its end.
type broken struct{ err error }

// Read returns the error.
func (b broken) Read([]byte) (int, error) { return 0, b.err }

// cut reads a part of the text, and reports whether it is whole lines without a quote. The last line of a text may
// have no end.
func (r *reading) cut(b *batch) bool {
	n := copy(b.text[:cap(b.text)], r.rest)
	m, err := io.ReadFull(r.in, b.text[n:cap(b.text)])
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	b.text, b.failed, r.rest = b.text[:n+m], err, r.rest[:0]
	if err != io.EOF {
		end := bytes.LastIndexByte(b.text, '\n') + 1
		r.rest, b.text = append(r.rest, b.text[end:]...), b.text[:end]
	}
	return bytes.IndexByte(b.text, '"') < 0 && (len(b.text) > 0 || err != nil)
}

// part reads the part of the text that a batch has.
func (p *parser) part(b *batch) {
	p.begin()
	p.over(b.text)
	p.fill(b, -1)
	if b.failed != nil && b.failed != io.EOF {
		b.bad = append(b.bad, bad{len(b.records), []error{p.syntax(b.failed)}})
	}
	b.lines = p.lines
}

// readOn reads the rest of the text, for which the batch has a place in the queue. Its lines are counted on.
func (r *reading) readOn(p *parser, in io.Reader, b *batch) {
	p.begin()
	p.scanner = newScanner(in)
	for {
		more := p.fill(b, perBatch)
		b.lines = 0
		b.done <- struct{}{}
		if !more {
			return
		}
		var ok bool
		if b, ok = r.vacant(); !ok {
			return
		}
		r.queue <- b
	}
}

// fill reads records into a batch; most is negative for as many as there are. There are no more when the text has
// ended, or has too many mistakes.
func (p *parser) fill(b *batch, most int) (more bool) {
	b.records, b.bad = b.records[:0], b.bad[:0]
	for wrong := 0; wrong < maxProblems; {
		if len(b.records) == most {
			return true
		}
		err := p.next()
		if err == io.EOF {
			return false
		}
		if err != nil {
			b.bad = append(b.bad, bad{len(b.records), []error{p.syntax(err)}})
			return false
		}
		n := len(b.records)
		if n == cap(b.records) {
			b.records = append(b.records, record{})
		}
		b.records = b.records[:n+1]
		if p.to = &b.records[n]; !p.read() {
			b.records = b.records[:n]
			b.bad = append(b.bad, bad{n, p.problems})
			wrong += len(p.problems)
		}
	}
	return false
}
