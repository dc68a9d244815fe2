package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// walk goes through the tree of a table.
type walk struct {
	db      *DB
	visited map[uint32]bool // no page is there twice, unless the file is damaged
	err     error
}

// errStop ends a walk that somebody has seen enough of.
var errStop = errors.New("stopped")

// The kinds of pages of a table.
const (
	interior = 5
	leaf     = 13
)

// tree calls found with the record of each row; with nil for one that is too large. It ends with errStop when found is
// false.
func (w *walk) tree(n uint32, deep int, found func(row []byte) bool) error {
	if deep > maxDeep || w.visited[n] {
		return fmt.Errorf("page %d: %w", n, ErrFormat)
	}
	w.visited[n] = true
	b, err := w.db.read(n)
	if err != nil {
		return err
	}
	head := b
	if n == 1 {
		head = b[headerSize:]
	}
	kind, cells, size := head[0], int(binary.BigEndian.Uint16(head[3:])), 8
	switch kind {
	case interior:
		size = 12
	case leaf:
	default:
		return fmt.Errorf("page %d: %w", n, ErrFormat)
	}
	pointers := head[size:]
	if 2*cells > len(pointers) {
		return fmt.Errorf("page %d: %w", n, ErrFormat)
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(pointers[2*i:]))
		if at+4 > len(b) {
			return fmt.Errorf("page %d: %w", n, ErrFormat)
		}
		if kind == interior {
			if err := w.tree(binary.BigEndian.Uint32(b[at:]), deep+1, found); err != nil {
				return err
			}
			continue
		}
		row, err := w.row(b[at:])
		if err != nil {
			return fmt.Errorf("page %d: %w", n, err)
		}
		if !found(row) {
			return errStop
		}
	}
	if kind == interior {
		return w.tree(binary.BigEndian.Uint32(head[8:]), deep+1, found)
	}
	return nil
}

// row puts a row's record together: what of it is in the cell, and what is in overflow pages.
func (w *walk) row(cell []byte) ([]byte, error) {
	size, n := varint(cell)
	_, m := varint(cell[n:])
	if n == 0 || m == 0 || size > math.MaxInt32 {
		return nil, ErrFormat
	}
	cell = cell[n+m:]
	local := w.local(int(size))
	if local > len(cell) {
		return nil, ErrFormat
	}
	if local == int(size) {
		return cell[:local], nil
	}
	if size > maxRow {
		return nil, nil
	}
	if local+4 > len(cell) {
		return nil, ErrFormat
	}
	row := append(make([]byte, 0, min(int(size), 1<<20)), cell[:local]...)
	for next := binary.BigEndian.Uint32(cell[local:]); len(row) < int(size); {
		if w.visited[next] {
			return nil, ErrFormat
		}
		w.visited[next] = true
		b, err := w.db.read(next)
		if err != nil {
			return nil, err
		}
		next = binary.BigEndian.Uint32(b)
		row = append(row, b[4:4+min(len(b)-4, int(size)-len(row))]...)
	}
	return row, nil
}

// local is how much of a record of a size is in the cell itself.
func (w *walk) local(size int) int {
	u := w.db.usable
	most := u - 35
	if size <= most {
		return size
	}
	least := (u-12)*32/255 - 23
	if k := least + (size-least)%(u-4); k <= most {
		return k
	}
	return least
}

// varint reads a number of one to nine bytes, and how many they are; 0 where it is cut.
func varint(b []byte) (n uint64, size int) {
	for i := range min(len(b), 9) {
		if i == 8 {
			return n<<8 | uint64(b[i]), 9
		}
		n = n<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return n, i + 1
		}
	}
	return 0, 0
}

// record reads the values at the given places of a record. A place behind its end is nil: the column was added later.
func record(b []byte, places []int) ([]any, error) {
	size, n := varint(b)
	if n == 0 || size < uint64(n) || size > uint64(len(b)) {
		return nil, ErrFormat
	}
	head, body := b[n:size], b[size:]
	out := make([]any, len(places))
	last := slices.Max(places)
	for column := 0; len(head) > 0 && column <= last; column++ {
		kind, n := varint(head)
		if n == 0 {
			return nil, ErrFormat
		}
		head = head[n:]
		length := width(kind)
		if length > uint64(len(body)) {
			return nil, ErrFormat
		}
		for i, p := range places {
			if p == column {
				out[i] = value(kind, body[:length])
			}
		}
		body = body[length:]
	}
	return out, nil
}

// width is how many bytes a value of a kind has.
func width(kind uint64) uint64 {
	switch {
	case kind <= 4:
		return kind
	case kind == 5:
		return 6
	case kind == 6 || kind == 7:
		return 8
	case kind < 12:
		return 0
	}
	return (kind - 12) / 2
}

func value(kind uint64, b []byte) any {
	switch {
	case kind == 0 || kind == 10 || kind == 11:
		return nil
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	case kind == 8 || kind == 9:
		return int64(kind - 8)
	case kind >= 12 && kind%2 == 0:
		return b
	case kind >= 13:
		return string(b)
	}
	n := int64(int8(b[0]))
	for _, c := range b[1:] {
		n = n<<8 | int64(c)
	}
	return n
}
