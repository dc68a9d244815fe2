package sqlledger

import "time"

// WithLease returns the ledger with another lease for its journals than Lease. It is to be the same in all processes.
func (l *Ledger) WithLease(lease time.Duration) *Ledger {
	m := *l
	m.lease = lease
	return &m
}
