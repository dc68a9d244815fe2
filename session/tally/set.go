package tally

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// Set holds keys of calls by the month of the call, eight bytes and some room each. Its zero value is empty.
type Set struct{ months []month } // in order

type month struct {
	number int
	keys
}

// monthOf numbers months.
func monthOf(t time.Time) int { return t.Year()*12 + int(t.Month()) - 1 }

// Has reports whether a key is there, of whichever month: a copy may have another time than what it was copied from.
func (s *Set) Has(key uint64) bool {
	for i := range s.months {
		if s.months[i].has(key) {
			return true
		}
	}
	return false
}

// Add adds a key that is not 0. It is false where it was there already.
func (s *Set) Add(t time.Time, key uint64) bool {
	if s.Has(key) {
		return false
	}
	number := monthOf(t)
	i, ok := slices.BinarySearchFunc(s.months, number, func(m month, n int) int { return cmp.Compare(m.number, n) })
	if !ok {
		s.months = slices.Insert(s.months, i, month{number: number})
	}
	s.months[i].add(key)
	return true
}

// Len is how many keys there are.
func (s *Set) Len() (n int) {
	for _, m := range s.months {
		n += m.n
	}
	return n
}

// Forget drops the months that end before a time.
func (s *Set) Forget(before time.Time) {
	s.months = slices.DeleteFunc(s.months, func(m month) bool { return m.number < monthOf(before) })
}

// AppendBinary writes the set: for each month its number, how many keys, and the keys in order.
func (s *Set) AppendBinary(b []byte) ([]byte, error) {
	for _, m := range s.months {
		all := make([]uint64, 0, m.n)
		for _, key := range m.slots {
			if key != 0 {
				all = append(all, key)
			}
		}
		slices.Sort(all)
		b = binary.LittleEndian.AppendUint32(b, uint32(m.number))
		b = binary.LittleEndian.AppendUint64(b, uint64(len(all)))
		for _, key := range all {
			b = binary.LittleEndian.AppendUint64(b, key)
		}
	}
	return b, nil
}

var errSet = errors.New("reading keys of calls: the text is cut or is none")

// UnmarshalBinary reads what AppendBinary has written.
func (s *Set) UnmarshalBinary(b []byte) error {
	var out Set
	for len(b) > 0 {
		if len(b) < 12 {
			return errSet
		}
		k, n := month{number: int(binary.LittleEndian.Uint32(b))}, binary.LittleEndian.Uint64(b[4:])
		if b = b[12:]; n > uint64(len(b)/8) || len(out.months) > 0 && out.months[len(out.months)-1].number >= k.number {
			return errSet
		}
		k.grow(int(n))
		for range n {
			key := binary.LittleEndian.Uint64(b)
			if key == 0 || k.has(key) {
				return errSet
			}
			k.add(key)
			b = b[8:]
		}
		out.months = append(out.months, k)
	}
	*s = out
	return nil
}

// keys is a hash table of numbers that are hashes already. Zero is a free slot.
type keys struct {
	slots []uint64
	n     int
}

// slot is where a key is, or the free slot where it would be.
func (k *keys) slot(key uint64) int {
	mask := uint64(len(k.slots) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		if at := k.slots[i]; at == key || at == 0 {
			return int(i)
		}
	}
}

func (k *keys) has(key uint64) bool { return k.n > 0 && key != 0 && k.slots[k.slot(key)] == key }

func (k *keys) add(key uint64) {
	if 4*(k.n+1) > 3*len(k.slots) {
		k.grow(k.n + 1)
	}
	k.slots[k.slot(key)] = key
	k.n++
}

// grow makes room for so many keys.
func (k *keys) grow(n int) {
	size := 64
	for 4*n > 3*size {
		size *= 2
	}
	old := k.slots
	k.slots = make([]uint64, size)
	for _, key := range old {
		if key != 0 {
			k.slots[k.slot(key)] = key
		}
	}
}
