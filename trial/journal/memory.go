package journal

import (
	"slices"
	"sync"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Memory is a journal that lasts as long as the process. Its zero value is ready to use.
type Memory struct {
	mu      sync.Mutex
	records []record
}

// NewMemory returns an empty journal.
func NewMemory() *Memory { return new(Memory) }

// AppendCall implements trial.Journal. A call without an id or a trial is an error.
func (m *Memory) AppendCall(c usage.Call) error { return m.append(callRecord(c)) }

// AppendTrial implements trial.Journal. A trial without an arm or a task is an error.
func (m *Memory) AppendTrial(t trial.Trial) error { return m.append(trialRecord(t)) }

func (m *Memory) append(r record, err error) error {
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, r)
	return nil
}

// Load implements trial.Journal. It never fails.
func (m *Memory) Load() (trial.Evidence, error) {
	m.mu.Lock()
	records := slices.Clone(m.records)
	m.mu.Unlock()
	var f folder
	for _, r := range records {
		f.add(r)
	}
	return f.evidence(), nil
}
