package queue_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pertask/pertask/app/queue"
)

func TestCheck(t *testing.T) {
	full := queue.Note{
		ID: strings.Repeat("i", queue.MaxID), Key: strings.Repeat("k", queue.MaxKey), Kind: strings.Repeat("d", queue.MaxID), Body: make([]byte, queue.MaxBody),
	}
	if err := full.Check(); err != nil {
		t.Errorf("the most of everything: %v", err)
	}
	if err := (queue.Note{ID: "é", Key: "日", Kind: "\u2028", Body: nil}).Check(); err != nil {
		t.Errorf("the least of everything: %v", err)
	}
	for name, change := range map[string]func(*queue.Note){
		"empty id":    func(n *queue.Note) { n.ID = "" },
		"long id":     func(n *queue.Note) { n.ID += "i" },
		"broken id":   func(n *queue.Note) { n.ID = "\xc3" },
		"zero in id":  func(n *queue.Note) { n.ID = "\x00" },
		"empty key":   func(n *queue.Note) { n.Key = "" },
		"long key":    func(n *queue.Note) { n.Key += "k" },
		"broken key":  func(n *queue.Note) { n.Key = "k\xff" },
		"empty kind":  func(n *queue.Note) { n.Kind = "" },
		"long kind":   func(n *queue.Note) { n.Kind += "d" },
		"broken kind": func(n *queue.Note) { n.Kind = "\x80" },
		"long body":   func(n *queue.Note) { n.Body = append(n.Body, 0) },
		"zero note":   func(n *queue.Note) { *n = queue.Note{} },
	} {
		n := full
		change(&n)
		if err := n.Check(); !errors.Is(err, queue.ErrNote) {
			t.Errorf("%s: got error %v, want ErrNote", name, err)
		}
	}
}
