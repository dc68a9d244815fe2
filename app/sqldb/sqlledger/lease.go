package sqlledger

import "time"

// WithLease returns the ledger with another lease for its journals than Lease. It is to be the same in all processes. One of less
// than a tenth of a second is Lease: nobody can say so often that it lives.
func (l *Ledger) WithLease(lease time.Duration) *Ledger {
	m := *l
	if m.lease = lease; lease < 100*time.Millisecond {
		m.lease = Lease
	}
	return &m
}
