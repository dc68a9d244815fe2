package sqlqueue_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
)

// childURL is the variable that makes this test binary a worker on a database instead.
const childURL = "PERTASK_QUEUE_CHILD"

// childDefaults makes it one with the options of a server.
const childDefaults = "PERTASK_QUEUE_DEFAULTS"

const childWorkers = 4

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		os.Exit(child(url))
	}
	os.Exit(sqldbtest.Main(m))
}

// child works until it is killed, or until its parent is gone.
func child(url string) int {
	ctx := context.Background()
	db, err := sqldb.Open(ctx, url)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	o := short()
	o.Lease = 2 * time.Second // what was killed is to be noticed
	if os.Getenv(childDefaults) != "" {
		o = sqlqueue.Options{}
	}
	q, err := sqlqueue.New(db, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go answer(q)
	err = q.Work(ctx, childWorkers, func(ctx context.Context, t queue.Turn) error { return work(ctx, db, q, t) })
	fmt.Fprintln(os.Stderr, "the end of work:", err)
	return 1
}

// answer says "idle" for each line of standard input, as soon as it is so, and ends the process with its input.
func answer(q *sqlqueue.Queue) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		for {
			h, err := q.Health(context.Background())
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			if h.Waiting == 0 && h.Running == 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		fmt.Println("idle")
	}
	os.Exit(3)
}

// work has an effect for each note, which it writes only while the key is its own, and adds another note for some. It says so on
// standard output when the note is done for good.
func work(ctx context.Context, db *sqldb.DB, q *sqlqueue.Queue, t queue.Turn) error {
	for _, n := range t.Notes {
		time.Sleep(rand.N(20 * time.Millisecond))
		err := db.InTx(ctx, func(tx *sql.Tx) error {
			if err := q.Fence(ctx, tx, t); err != nil {
				return err
			}
			const insert = "INSERT INTO effects (id, key, epoch, tries) VALUES ($1, $2, $3, 1) ON CONFLICT (id) DO UPDATE SET tries = effects.tries + 1"
			_, err := tx.ExecContext(ctx, db.SQL(insert), n.ID, n.Key, t.Epoch)
			return err
		})
		if err != nil {
			return err
		}
		if n.Kind == "begets" {
			next := queue.Note{ID: n.ID + "+", Key: n.Key, Kind: "begotten", Body: n.Body}
			if _, err := q.Add(ctx, next); err != nil {
				return err
			}
		}
		if err := t.Done(ctx, n.ID); err != nil {
			return err
		}
		fmt.Println(n.ID)
	}
	return nil
}

// killing is how a kill test goes.
type killing struct {
	notes, kills, processes int
	adding                  bool // the test adds notes while workers die, instead of all before
}

// scaled returns the whole test with PERTASK_SOAK=1, and a twentieth of it otherwise.
func (k killing) scaled() killing {
	if os.Getenv("PERTASK_SOAK") == "" {
		k.notes, k.kills = k.notes/20, k.kills/20
	}
	return k
}

func TestKillTwoProcessesOnPostgres(t *testing.T) {
	killing{notes: 1000, kills: 100, processes: 2, adding: true}.scaled().run(t, sqldbtest.Postgres(t))
}

// TestKillTheOnlyProcessOnSQLite has nobody else open the file, so that each start finds what a dead process has left.
func TestKillTheOnlyProcessOnSQLite(t *testing.T) {
	killing{notes: 1000, kills: 100, processes: 1}.scaled().run(t, sqldbtest.File(t))
}

func TestKillTwoProcessesOnSQLite(t *testing.T) {
	killing{notes: 1000, kills: 100, processes: 2, adding: true}.scaled().run(t, sqldbtest.File(t))
}

// TestNoticedWithDefaults kills a worker with the options of a server: what it had is done by another one, without help. How long
// that takes, which is promised to be a minute at most, it says and does not judge: machines are busy.
func TestNoticedWithDefaults(t *testing.T) {
	if os.Getenv("PERTASK_SOAK") == "" {
		t.Skip("a minute of waiting; PERTASK_SOAK=1 runs it")
	}
	t.Setenv(childDefaults, "1")
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		k := killing{notes: 200}
		want := k.prepare(t, url)
		p := start(t, url)
		p.working(t)
		p.kill()
		killed := time.Now()
		start(t, url).idle(t)
		t.Logf("all was done %v after the kill", time.Since(killed))
		k.kills = 1
		k.check(t, url, want)
	})
}

const killKeys = 40

// numbered returns a note of the test; every fourth begets another.
func numbered(i int) queue.Note {
	n := queue.Note{ID: fmt.Sprintf("%04d", i), Key: fmt.Sprintf("key %d", i%killKeys), Kind: "plain"}
	if i%4 == 0 {
		n.Kind = "begets"
	}
	return n
}

// prepare makes the table of effects and adds all notes. It returns how many notes there will be.
func (k killing) prepare(t *testing.T, url string) int {
	t.Helper()
	db, q := k.table(t, url)
	k.add(t, q, 0, k.notes)
	_ = db.Close()
	return k.notes + (k.notes+3)/4
}

func (k killing) table(t *testing.T, url string) (*sqldb.DB, *sqlqueue.Queue) {
	t.Helper()
	ctx := context.Background()
	db, err := sqldb.Open(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	const table = "CREATE TABLE effects (n {id}, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, epoch {int} NOT NULL, tries {int} NOT NULL) {strict}"
	if _, err := db.ExecContext(ctx, db.SQL(table)); err != nil {
		t.Fatal(err)
	}
	q, err := sqlqueue.New(db, short())
	if err != nil {
		t.Fatal(err)
	}
	return db, q
}

func (k killing) add(t *testing.T, q *sqlqueue.Queue, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if _, err := q.Add(context.Background(), numbered(i)); err != nil {
			t.Fatal(err)
		}
	}
}

// run shares notes among processes that are killed at random moments and started again, until all are done.
func (k killing) run(t *testing.T, url string) {
	want := k.notes + (k.notes+3)/4
	var q *sqlqueue.Queue
	if k.adding {
		var db *sqldb.DB
		db, q = k.table(t, url)
		defer func() { _ = db.Close() }()
	} else {
		k.prepare(t, url)
	}
	procs := make([]*process, k.processes)
	for i := range procs {
		procs[i] = start(t, url)
	}
	for i := range k.kills {
		if k.adding {
			k.add(t, q, k.notes*i/k.kills, k.notes*(i+1)/k.kills)
		}
		p := &procs[rand.IntN(len(procs))]
		if rand.IntN(4) > 0 { // mostly when it works, sometimes while it starts
			(*p).working(t)
		}
		time.Sleep(rand.N(60 * time.Millisecond))
		(*p).kill()
		*p = start(t, url)
	}
	procs[0].idle(t)
	for _, p := range procs {
		p.kill()
	}
	k.check(t, url, want)
}

// check looks at what the workers did.
func (k killing) check(t *testing.T, url string, want int) {
	ctx := context.Background()
	db := sqldbtest.Open(t, url)
	rows, err := db.QueryContext(ctx, "SELECT id, key, epoch, tries FROM effects ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	count, again := 0, 0
	order, epochs := map[string]string{}, map[string]int64{}
	for rows.Next() {
		var id, key string
		var epoch int64
		var tries int
		if err := rows.Scan(&id, &key, &epoch, &tries); err != nil {
			t.Fatal(err)
		}
		count++
		again += tries - 1
		if plain := !strings.HasSuffix(id, "+"); plain && id <= order[key] {
			t.Errorf("key %s: %s came after %s", key, id, order[key])
		} else if plain {
			order[key] = id
		}
		if epoch < epochs[key] {
			t.Errorf("key %s: a worker of epoch %d wrote after one of epoch %d", key, epoch, epochs[key])
		}
		epochs[key] = epoch
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if count != want {
		t.Errorf("%d notes had an effect, want %d", count, want)
	}
	t.Logf("%d notes, %d kills, %d attempts made again", count, k.kills, again)
	var left int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM queue_notes WHERE done IS NULL").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d notes are left, error %v", left, err)
	}
	if db.Dialect == sqldb.SQLite {
		var verdict string
		if err := db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
			t.Errorf("the file is %q, error %v", verdict, err)
		}
	}
}

// process is this test binary as a worker.
type process struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	first chan struct{} // closed when it has done something, or is gone
	quiet chan struct{} // closed when it has said "idle"
	gone  chan struct{}
	once  sync.Once
}

func start(t *testing.T, url string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), first: make(chan struct{}), quiet: make(chan struct{}), gone: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), childURL+"="+url)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.input = in
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		first := sync.OnceFunc(func() { close(p.first) })
		for lines := bufio.NewScanner(out); lines.Scan(); first() {
			if lines.Text() == "idle" {
				close(p.quiet)
			}
		}
		first()
		_ = p.cmd.Wait()
		close(p.gone)
	}()
	t.Cleanup(p.kill)
	return p
}

// working waits until a process does something, if there is something to do.
func (p *process) working(t *testing.T) {
	t.Helper()
	select {
	case <-p.first:
	case <-time.After(3 * time.Second): // others may have done it all
	}
}

// idle waits until a process finds nothing left to do.
func (p *process) idle(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(p.input, "\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.quiet:
	case <-p.gone:
		t.Fatal("a worker ended by itself")
	case <-time.After(5 * time.Minute):
		t.Error("there is still work") // check says what is missing
	}
}

// kill ends a process as a power cut would.
func (p *process) kill() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill()
		<-p.gone
		_ = p.input.Close()
	})
}
