package session

import (
	"context"
	"io"
	"os"
	"sync"

	"github.com/pertask/pertask/session/record"
)

// opener opens a log in which there may be something new, at its place. Without a file there is nothing to read; without
// how far it was read there is nothing to do. The error io.EOF says that there is nothing new.
type opener func(*log) (f *os.File, r *read, from int64, err error)

// pipeline reads logs with several workers and hands what they say to take, in the order of the logs and of their bytes:
// first the job, and then its chunks, behind the last of which there is nil. What take gets is its own until it returns.
func pipeline(ctx context.Context, workers int, logs []*log, open opener, take func(*job, *chunk) error) error {
	ctx, stop := context.WithCancel(ctx)
	p := &pipe{ctx: ctx, jobs: make(chan *job), order: make(chan *job, ahead), free: make(chan *chunk, 2*ahead)}
	var busy sync.WaitGroup
	for range workers {
		busy.Go(p.work)
	}
	busy.Go(func() { p.cut(logs, open) })
	defer busy.Wait()
	defer stop()
	for j := range p.order {
		if err := p.take(j, take); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// How many jobs may be ahead of the one whose turn it is, and how many chunks of each. On a busy machine a worker may wait
// for its turn of a processor in the middle of a job, and the others should not wait with it.
const (
	ahead       = 16
	chunksAhead = 4
)

type pipe struct {
	ctx   context.Context
	jobs  chan *job // the same, for the workers
	order chan *job
	free  chan *chunk // to use again: a sync.Pool is emptied by every collection, and a chunk is large
}

// take hands all chunks of a job on.
func (p *pipe) take(j *job, take func(*job, *chunk) error) error {
	if j.last && j.file != nil {
		defer j.file.Close()
	}
	for c := range j.out {
		if err := take(j, c); err != nil {
			return err
		}
		clear(c.lines)
		*c = chunk{lines: c.lines[:0]}
		select {
		case p.free <- c:
		default:
		}
	}
	if err := p.ctx.Err(); err != nil {
		return err
	}
	return take(j, nil)
}

func (p *pipe) chunk() *chunk {
	select {
	case c := <-p.free:
		return c
	default:
		return &chunk{lines: make([]record.Line, 0, chunkLines)}
	}
}

// work carries jobs out.
func (p *pipe) work() {
	w := worker{put: func(j *job, c *chunk) *chunk {
		select {
		case j.out <- c:
			return p.chunk()
		case <-p.ctx.Done():
			return nil
		}
	}}
	for j := range p.jobs {
		if w.chunk == nil {
			w.chunk = p.chunk()
		}
		w.do(j)
	}
}

// cut makes jobs of logs. Every job gets a worker: it is in order before it is among the jobs.
func (p *pipe) cut(logs []*log, open opener) {
	defer close(p.order)
	defer close(p.jobs)
	for _, l := range logs {
		f, r, from, err := open(l)
		if r == nil && err == nil {
			continue
		}
		idle := err == io.EOF
		if idle {
			err = nil
		}
		for first, last := true, false; !last; first = false {
			j := &job{log: l, read: r, file: f, from: from, to: min(l.size, from+rangeSize), first: first, idle: idle, err: err, out: make(chan *chunk, chunksAhead)}
			last = f == nil || j.to >= l.size
			j.last, from = last, j.to
			if !p.give(j) {
				if f != nil {
					f.Close()
				}
				return
			}
		}
	}
}

// give is false when nobody wants more. The file of a job that was given is closed by who takes it.
func (p *pipe) give(j *job) bool {
	select {
	case p.order <- j:
	case <-p.ctx.Done():
		return false
	}
	select {
	case p.jobs <- j:
		return true
	case <-p.ctx.Done():
		close(j.out)
		return false
	}
}
