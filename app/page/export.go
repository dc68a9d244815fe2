package page

import (
	"bufio"
	"net/http"
	"slices"
	"time"

	"github.com/pertask/pertask/app/page/guard"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

const (
	// portion is how many records are in memory at once for one export, and for a page that adds up.
	portion = 1000
	// drawn is how many reviews a page reads that draws them, and added one that only adds up.
	drawn, added = 10_000, 200_000
	// pace is how long a reader may take for a buffer of an export: whoever is slower has the connection closed.
	pace = time.Minute
)

// export answers with the first listing of a page, whole: it is read and written in portions, so that it takes no more memory than
// one of them, however long it is.
func (s *server) export(build builder, format string) http.HandlerFunc {
	return s.do(func(v *visit) error {
		v.export = true
		release, err := v.turn()
		if err != nil {
			return err
		}
		defer release()
		v.took = true
		p, err := build(v)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.Blocks, func(b layout.Block) bool { return b.List != nil })
		if i < 0 {
			return trouble.Missing
		}
		l := p.Blocks[i].List
		v.w.Header().Set("Content-Disposition", `attachment; filename="pertask-`+l.Name+"."+format+`"`)
		out := bufio.NewWriterSize(guard.Paced(v.w, pace), 64<<10)
		if format == "json" {
			v.w.Header().Set("Content-Type", "application/json")
			err = l.JSON(out)
		} else {
			v.w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
			err = l.CSV(out)
		}
		if err == nil {
			err = out.Flush()
		}
		if err != nil { // too late for another status: the reader is to see that this is not all
			if v.ctx.Err() == nil {
				s.Log.Error("dashboard: exporting", "path", v.r.URL.Path, "error", err)
			}
			panic(http.ErrAbortHandler)
		}
		return nil
	})
}

// portions returns what reads the reviews of a grant after each other, a portion at a time, and none at the end.
func (v *visit) portions(g signin.Grant, f record.Filter) func() ([]record.Review, error) {
	f.Limit = portion
	ended := false
	return func() ([]record.Review, error) {
		for !ended {
			page, err := v.Reviews.List(v.ctx, g.Scope(), f)
			if err != nil {
				return nil, err
			}
			if ended = len(page) < f.Limit; !ended {
				f.Before = page[len(page)-1].ID
			}
			if page = v.ours(g, page); len(page) > 0 {
				return page, nil
			}
		}
		return nil, nil
	}
}

// each calls do with each review of a grant, the newest first, and reports whether there are more than so many.
func (v *visit) each(g signin.Grant, f record.Filter, most int, do func(record.Review)) (more bool, err error) {
	next, n := v.portions(g, f), 0
	for {
		page, err := next()
		if err != nil || len(page) == 0 {
			return false, err
		}
		for _, r := range page {
			if n++; n > most {
				return true, nil
			}
			do(r)
		}
	}
}

// streamed makes the listing of an export: of the first portion now, so that what goes wrong is told, and of the others when it is
// written.
func (v *visit) streamed(f record.Filter, list func([]record.Review) *sheet.Sheet) (*sheet.Sheet, error) {
	next := v.portions(v.grant, f)
	first, err := next()
	if err != nil {
		return nil, err
	}
	l := list(first)
	l.More = func() ([][]sheet.Cell, error) {
		for { // reviews may have no rows
			all, err := next()
			if err != nil || len(all) == 0 {
				return nil, err
			}
			if rows := list(all).Rows; len(rows) > 0 {
				return rows, nil
			}
		}
	}
	return l, nil
}
