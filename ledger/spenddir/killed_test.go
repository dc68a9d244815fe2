package spenddir_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spenddir"
	"github.com/pertask/pertask/ledger/spendtest"
)

// writer is what a process does that TestKilledWriters starts: it adds entries, three at a time, and compacts now and
// then, and says of each three that they are stored, until it is killed.
func writer(dir string) {
	first, err := strconv.Atoi(os.Getenv("SPENDDIR_TEST_FIRST"))
	var s *spenddir.Store
	if err == nil {
		s, err = spenddir.Open(dir, spenddir.Options{Writer: os.Getenv("SPENDDIR_TEST_NAME")})
	}
	for i := 0; err == nil; i++ {
		n := first + 3*i
		if err = s.Add(context.Background(), spendtest.Entry(n), spendtest.Entry(n+1), spendtest.Entry(n+2)); err == nil {
			fmt.Println(i)
		}
		if err == nil && i%4 == 3 {
			_, err = s.Compact(context.Background(), i%8 == 7)
		}
	}
	fmt.Println("error", err)
	os.Exit(1)
}

// Processes that are killed lose nothing that they were told is stored, leave no part of what they added at once, and do
// not keep the next one from going on.
func TestKilledWriters(t *testing.T) {
	dir := t.TempDir()
	const processes, rounds, each = 3, 3, 9
	stored := map[int]int{} // by the first entry
	for round := range rounds {
		var all sync.WaitGroup
		var mu sync.Mutex
		for p := range processes {
			first := (round*processes + p) * 1000
			all.Go(func() {
				n := kill(t, dir, fmt.Sprintf("machine0%d", p%2), first, each+p)
				mu.Lock()
				defer mu.Unlock()
				stored[first] = n
			})
		}
		all.Wait()
	}
	s := open(t, dir, spenddir.Options{Writer: "machine00"})
	add(t, s, spendtest.Entry(99_999))
	got, skipped := read(t, s)
	there := map[string]spend.Entry{}
	for _, e := range got {
		there[e.ID] = e
	}
	if len(there) != len(got) || skipped.Lines > processes*rounds || len(stored) != processes*rounds {
		t.Errorf("%d entries, %d of them different; skipped %+v", len(got), len(there), skipped)
	}
	for first, n := range stored {
		for i := range n + 1 { // one more may be there, of which nobody was told
			found := 0
			for k := range 3 {
				if _, ok := there[spendtest.Entry(first+3*i+k).ID]; ok {
					found++
				}
			}
			if i < n && found != 3 || found%3 != 0 {
				t.Errorf("the writer of %d: of the %d. three %d are there; it said that %d threes are stored", first, i, found, n)
			}
		}
	}
}

// kill runs a writer, kills it once it has stored so many times, and returns how often it said that it has.
func kill(t *testing.T, dir, name string, first, after int) (stored int) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "SPENDDIR_TEST_WRITER="+dir, "SPENDDIR_TEST_NAME="+name, fmt.Sprint("SPENDDIR_TEST_FIRST=", first))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return 0
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Errorf("%s: %s", name, lines.Text())
		}
		if stored++; stored == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if cmd.Wait() == nil {
		t.Errorf("%s: it ended by itself", name)
	}
	return stored
}
