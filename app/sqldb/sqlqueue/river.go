package sqlqueue

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/pertask/pertask/app/sqldb"
)

var (
	postgresText = sqldb.Postgres.SQL
	sqliteText   = sqldb.SQLite.SQL
)

// jobQueue is the name of River's queue. Like the job's kind and its JSON it must not change: jobs of an older version wait.
const jobQueue = "turns"

// turnArgs is a wake-up: somebody should look at a key. It promises nothing; what is to be done is in our own rows.
type turnArgs struct {
	Key string `json:"key"`
}

func (turnArgs) Kind() string { return "turn" }

// engine is what works on wake-ups.
type engine interface {
	start(ctx context.Context) error
	// stop ends it when the last turn has returned.
	stop()
	// waiting returns the keys of wake-ups that no worker has taken yet; all is false where there are more than limit.
	waiting(ctx context.Context, limit int) (keys map[string]bool, all bool, err error)
}

type riverEngine[T any] struct{ client *river.Client[T] }

// newEngine returns an engine that calls turn for each wake-up, by at most workers at a time. River does not repeat what fails,
// nor does it judge who is dead: a job that was lost is made again by our sweep, so its own rescue need only tidy up.
func newEngine[T any](driver riverdriver.Driver[T], opts Options, workers int, turn func(context.Context, string) error) (engine, error) {
	set := river.NewWorkers()
	river.AddWorker(set, river.WorkFunc(func(ctx context.Context, job *river.Job[turnArgs]) error {
		return turn(ctx, job.Args.Key)
	}))
	client, err := river.NewClient(driver, &river.Config{
		Queues:                      map[string]river.QueueConfig{jobQueue: {MaxWorkers: workers}},
		Workers:                     set,
		Logger:                      opts.Log,
		JobTimeout:                  -1, // a turn may take hours; its lease is what is watched
		RescueStuckJobsAfter:        24 * time.Hour,
		CompletedJobRetentionPeriod: 10 * time.Minute,
		DiscardedJobRetentionPeriod: 24 * time.Hour,
		FetchCooldown:               20 * time.Millisecond,
		FetchPollInterval:           time.Second, // in case a notice is lost; each fetch is a write
	})
	if err != nil {
		return nil, fmt.Errorf("making River's client: %w", err)
	}
	return &riverEngine[T]{client}, nil
}

func (e *riverEngine[T]) start(ctx context.Context) error { return e.client.Start(ctx) }

func (e *riverEngine[T]) stop() { _ = e.client.StopAndCancel(context.Background()) }

func (e *riverEngine[T]) waiting(ctx context.Context, limit int) (map[string]bool, bool, error) {
	list, err := e.client.JobList(ctx, river.NewJobListParams().Kinds(turnArgs{}.Kind()).States(rivertype.JobStateAvailable).First(limit))
	if err != nil {
		return nil, false, fmt.Errorf("listing River's jobs: %w", err)
	}
	keys := make(map[string]bool, len(list.Jobs))
	for _, job := range list.Jobs {
		var args turnArgs
		if err := json.Unmarshal(job.EncodedArgs, &args); err != nil {
			return nil, false, fmt.Errorf("reading River's job %d: %w", job.ID, err)
		}
		keys[args.Key] = true
	}
	return keys, len(list.Jobs) < limit, nil
}

// wake makes a job for each key.
func wake[T any](ctx context.Context, client *river.Client[T], t T, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(keys))
	for i, key := range keys {
		params[i] = river.InsertManyParams{Args: turnArgs{Key: key}, InsertOpts: &river.InsertOpts{Queue: jobQueue, MaxAttempts: 1}}
	}
	if _, err := client.InsertManyFastTx(ctx, t, params); err != nil {
		return fmt.Errorf("making River's jobs: %w", err)
	}
	return nil
}
