package sqlite

import (
	"encoding/binary"
	"fmt"
	"io"
)

// wal is the part of a journal that is in force: all up to the last transaction that was committed.
type wal struct {
	r      io.ReaderAt
	frames map[uint32]int64 // where the latest text of a page begins
	pages  uint32           // of the database, after the last transaction; 0 where there is none
}

const (
	walHead   = 32
	frameHead = 24
)

// openWAL reads the heads of all frames and checks their sums: behind a frame whose sum is wrong there are those of an
// earlier round. A file that is no WAL of this database has nothing that is in force.
func openWAL(r io.ReaderAt, page int) (*wal, error) {
	w := &wal{r: r, frames: map[uint32]int64{}}
	var head [walHead]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return w, notEnd(err)
	}
	var order binary.ByteOrder
	switch binary.BigEndian.Uint32(head[:]) {
	case 0x377f0682:
		order = binary.LittleEndian
	case 0x377f0683:
		order = binary.BigEndian
	default:
		return w, nil
	}
	s := sum{order: order}
	s.add(head[:24])
	if !s.is(head[24:]) || binary.BigEndian.Uint32(head[8:]) != uint32(page) {
		return w, nil
	}
	since := map[uint32]int64{} // the last transaction's
	frame := make([]byte, frameHead+page)
	for at := int64(walHead); ; at += int64(len(frame)) {
		if _, err := r.ReadAt(frame, at); err != nil {
			return w, notEnd(err)
		}
		s.add(frame[:8])
		s.add(frame[frameHead:])
		if string(frame[8:16]) != string(head[16:24]) || !s.is(frame[16:]) {
			return w, nil
		}
		since[binary.BigEndian.Uint32(frame)] = at + frameHead
		if pages := binary.BigEndian.Uint32(frame[4:]); pages > 0 {
			for n, at := range since {
				w.frames[n] = at
			}
			clear(since)
			w.pages = pages
		}
	}
}

func notEnd(err error) error {
	if orFormat(err) == ErrFormat {
		return nil
	}
	return fmt.Errorf("reading the journal of a database: %w", err)
}

// sum is the running sum of a WAL.
type sum struct {
	order binary.ByteOrder
	a, b  uint32
}

func (s *sum) add(text []byte) {
	for ; len(text) >= 8; text = text[8:] {
		s.a += s.order.Uint32(text) + s.b
		s.b += s.order.Uint32(text[4:]) + s.a
	}
}

func (s *sum) is(text []byte) bool {
	return binary.BigEndian.Uint32(text) == s.a && binary.BigEndian.Uint32(text[4:]) == s.b
}
