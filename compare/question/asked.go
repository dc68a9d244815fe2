package question

import (
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/price"
)

// Question is the key of what is asked: both arms' settings, the suite's digest, and the part of the policy that decides.
// It does not depend on the machine, as the evidence key does, so that another job can find an answer, nor on prices, which
// are the answerer's; and it stays the same from push to push until one of these changes. It is kept in comments, so what it
// is for given terms never changes while Method stays.
func (o Options) Question() string {
	t := evidence.Terms{Method: Method, Pair: o.Pair}
	if o.Suite != nil {
		t.Suite = o.Suite.Digest
	}
	return final.Key(t.Key(), o.Policy, price.Pricing{})
}
