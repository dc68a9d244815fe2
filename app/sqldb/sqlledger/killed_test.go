package sqlledger_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

// appender is what a process does that TestKilledAppenders starts: several of it append trials with a call each and say of each
// that it is appended, until it is killed.
func appender() {
	url := os.Getenv("SQLLEDGER_TEST_APPENDER")
	if url == "" {
		return
	}
	first, _ := strconv.Atoi(os.Getenv("SQLLEDGER_TEST_FIRST"))
	fail := func(err error) {
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	db, err := sqldb.Open(context.Background(), url)
	fail(err)
	j, err := sqlledger.New(db, installation, repo).Journal(context.Background(), journaltest.Key)
	fail(err)
	fail(j.Claim(subject))
	fmt.Println("claimed")
	for task := range 3 {
		go func() {
			for i := first; ; i++ {
				tr := journaltest.Trial("base", fmt.Sprint("t", task), i, trial.Completed)
				fail(j.AppendCall(journaltest.Call("call-"+tr.ID, tr.ID, usage.Admitted)))
				fail(j.AppendCall(journaltest.Call("call-"+tr.ID, tr.ID, usage.Ended)))
				fail(j.AppendTrial(tr))
				fmt.Println(tr.ID)
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // the test's end is this process's
	os.Exit(1)
}

// Whenever a process is killed, every trial that it was told is there is there, once and with its call, and the next process goes
// on. All of it with PERTASK_SOAK=1.
func TestKilledAppenders(t *testing.T) {
	rounds := 5
	if os.Getenv("PERTASK_SOAK") == "1" {
		rounds = 100
	}
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		acknowledged := map[string]bool{}
		for round := range rounds {
			before := len(acknowledged)
			killOne(t, url, round*1_000_000, acknowledged)
			if t.Failed() {
				return
			}
			if len(acknowledged) == before {
				t.Logf("round %d: killed before its first trial", round)
			}
			// As the dead process's lease ends in its time.
			if _, err := db.Exec(`UPDATE journals SET until = 1`); err != nil {
				t.Fatal(err)
			}
		}
		check(t, db, acknowledged)
	})
}

func check(t *testing.T, db *sqldb.DB, acknowledged map[string]bool) {
	t.Helper()
	ev, err := journalOf(t, sqlledger.New(db, installation, repo)).Load()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, r := range ev.Results {
		if there[r.Trial.ID] {
			t.Errorf("%s is there twice", r.Trial.ID)
		}
		there[r.Trial.ID] = true
		if len(r.Calls) != 1 || r.Calls[0].ID != "call-"+r.Trial.ID || r.Calls[0].State != usage.Ended {
			t.Errorf("%s has the calls %+v, want its own one", r.Trial.ID, r.Calls)
		}
	}
	for id := range acknowledged {
		if !there[id] {
			t.Errorf("%s was said to be there and is not", id)
		}
	}
	if len(ev.Replaced) > 0 || len(acknowledged) == 0 {
		t.Errorf("%d trials are there again; %d were acknowledged", len(ev.Replaced), len(acknowledged))
	}
	t.Logf("%d trials acknowledged, %d there, %d calls open, %d stray", len(acknowledged), len(there), len(ev.Open), len(ev.Stray))
}

// killOne runs an appender, kills it at a random moment after it has claimed the journal, and adds what it said is there.
func killOne(t *testing.T, url string, first int, acknowledged map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "SQLLEDGER_TEST_APPENDER="+url, "SQLLEDGER_TEST_FIRST="+strconv.Itoa(first))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == "claimed":
			time.AfterFunc(rand.N(250*time.Millisecond), func() { _ = cmd.Process.Kill() })
		case strings.HasPrefix(line, "error"):
			t.Error(line)
		default:
			acknowledged[line] = true
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process ended by itself")
	}
}
