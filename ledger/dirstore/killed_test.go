package dirstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
)

// writer is what a process does that TestKilledWriters starts: it stores trials and says of each that it is stored,
// until it is killed.
func writer(dir string) {
	s, err := dirstore.Open(dir, dirstore.Options{})
	for i := 0; err == nil; i++ {
		if err = s.AddBaseTrials(context.Background(), "k", ledgertest.Trial(os.Getenv("DIRSTORE_TEST_TASK"), i)); err == nil {
			fmt.Println(i)
		}
	}
	fmt.Println("error", err)
	os.Exit(1)
}

// Processes that store at the same time and are killed lose nothing that they were told is stored, and leave nothing that
// keeps the next one from going on.
func TestKilledWriters(t *testing.T) {
	dir := t.TempDir()
	const processes, rounds, each = 3, 3, 7
	stored := map[string]int{}
	for round := range rounds {
		var all sync.WaitGroup
		var mu sync.Mutex
		for p := range processes {
			task := fmt.Sprintf("round %d process %d", round, p)
			all.Go(func() {
				n := kill(t, dir, task, each+p)
				mu.Lock()
				defer mu.Unlock()
				stored[task] = n
			})
		}
		all.Wait()
	}
	s := openStore(t, dir, dirstore.Options{})
	if err := s.AddBaseTrials(t.Context(), "k", ledgertest.Trial("after", 0)); err != nil {
		t.Fatal(err)
	}
	got, err := s.BaseTrials(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, b := range got {
		if b.Index != count[b.Task] {
			t.Errorf("%s: trial %d is followed by %d", b.Task, count[b.Task]-1, b.Index)
		}
		count[b.Task]++
	}
	if count["after"] != 1 || len(stored) != processes*rounds {
		t.Errorf("after them %d, want 1; %d processes, want %d", count["after"], len(stored), processes*rounds)
	}
	for task, n := range stored {
		if count[task] < n {
			t.Errorf("%s: %d trials are left of %d", task, count[task], n)
		}
	}
}

// kill runs a writer, kills it once it has stored so many trials, and returns how many it said are stored.
func kill(t *testing.T, dir, task string, after int) (stored int) {
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "DIRSTORE_TEST_WRITER="+dir, "DIRSTORE_TEST_TASK="+task)
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
			t.Errorf("%s: %s", task, lines.Text())
		}
		if stored++; stored == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if cmd.Wait() == nil {
		t.Errorf("%s: it ended by itself", task)
	}
	return stored
}
