package purse_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/usage"
)

func usd(s string) price.Amount { return price.Known(price.MustMoney(s)) }

// caller makes calls of a purse, and knows which of them were answered in which way.
type caller struct {
	t     *testing.T
	purse *purse.Purse
	mu    sync.Mutex
	said  map[string]error // of the calls that have an answer
}

func newCaller(t *testing.T, limit string) *caller {
	return &caller{t: t, purse: purse.New(usd(limit), price.Nothing(), costs), said: map[string]error{}}
}

// ask asks for a call of a kind, which can cost at most so much, "" for nobody knows. It returns once the call has its answer or waits.
func (c *caller) ask(ctx context.Context, id, kind, most string) {
	terms := purse.Terms{Kind: kind}
	if most != "" {
		terms.Most = func() price.Amount { return usd(most) }
	}
	go func() {
		err := c.purse.AdmitCall(ctx, usage.Call{ID: id, Trial: "base/x/0"}, terms)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.said[id] = err
	}()
	synctest.Wait()
}

// end ends a call.
func (c *caller) end(id, cost string) {
	c.purse.Record(ended(id, cost))
	synctest.Wait()
}

// wants looks which of the calls were admitted, as "a b", and which were refused, as "-c".
func (c *caller) wants(want string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var got []string
	for _, id := range strings.Split("a b c d e f", " ") {
		if err, ok := c.said[id]; ok && err == nil {
			got = append(got, id)
		} else if ok {
			got = append(got, "-"+id)
		}
	}
	if got := strings.Join(got, " "); got != want {
		c.t.Errorf("answered are %q, want %q", got, want)
	}
}

func TestFarFromTheLimitNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "10")
		for _, id := range []string{"a", "b", "c"} {
			c.ask(t.Context(), id, "k", "3")
		}
		c.wants("a b c")
		c.end("a", "0.1") // and from now on a call is taken to cost that
		for _, id := range []string{"d", "e", "f"} {
			c.ask(t.Context(), id, "k", "3")
		}
		c.wants("a b c d e f")
	})
}

func TestNearTheLimitCallsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "1")
		c.ask(t.Context(), "a", "k", "")
		c.ask(t.Context(), "b", "k", "") // nothing is known: one at a time
		c.wants("a")
		c.end("a", "0.3")
		c.wants("a b")
		c.ask(t.Context(), "c", "k", "")
		c.wants("a b c")
		c.ask(t.Context(), "d", "k", "") // 0.3 are spent, and 0.6 on their way
		c.ask(t.Context(), "e", "k", "")
		c.wants("a b c")
		c.end("b", "0.1")
		c.wants("a b c d")
		c.end("c", "0.3")
		c.end("d", "0.2") // 0.1 are left, and nothing is on its way
		c.wants("a b c d -e")
		c.ask(t.Context(), "f", "another kind", "0.01")
		c.wants("a b c d -e -f")
		if err := c.purse.Admit(); err == nil || err.Error() != "budget: 0.1 USD of 1 are left, and a call has cost 0.3" {
			t.Errorf("error %v", err)
		}
	})
}

func TestAFirstCallIsMadeAlone(t *testing.T) {
	for most, want := range map[string]string{"": "a", "5": "a", "0.4": "a b"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCaller(t, "1")
			for _, id := range []string{"a", "b", "c"} {
				c.ask(t.Context(), id, id, most)
			}
			c.wants(want)
			for _, id := range []string{"a", "b", "c"} {
				c.end(id, "0.01")
			}
			c.wants("a b c")
		})
	}
}

// A call that cost nothing says nothing of others, and one that is dearer than was thought does of those in flight too.
func TestWhatIsLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "1")
		c.ask(t.Context(), "a", "k", "0.1")
		c.end("a", "0")
		c.ask(t.Context(), "b", "k", "0.1")
		c.ask(t.Context(), "c", "k", "0.1")
		c.end("b", "0.5")
		c.ask(t.Context(), "d", "k", "0.1") // c will cost 0.5 too
		c.wants("a b c")
		c.end("c", "0.1")
		c.wants("a b c -d")
	})
}

func TestUnknownCostsEndTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "1")
		c.ask(t.Context(), "a", "k", "")
		c.ask(t.Context(), "b", "k", "")
		c.end("a", "")
		c.wants("a -b")
	})
}

// Whoever gives up does not keep others from their turn, and its error is that of a budget.
func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "1")
		left := errors.New("the client has left")
		ctx, cancel := context.WithCancelCause(t.Context())
		c.ask(t.Context(), "a", "k", "")
		c.ask(ctx, "b", "k", "")
		c.ask(ctx, "c", "k", "") // behind b
		c.ask(t.Context(), "d", "k", "")
		cancel(left)
		synctest.Wait()
		c.wants("a -b -c")
		for _, id := range []string{"b", "c"} {
			if err := c.said[id]; !errors.Is(err, left) || !strings.HasPrefix(err.Error(), "budget: ") {
				t.Errorf("%s: %v", id, err)
			}
			c.end(id, "0") // as the meter says of each call that it refuses
		}
		c.wants("a -b -c")
		c.end("a", "0.1")
		c.wants("a -b -c d")
	})
}

// A call whose session was closed while it waited is not set anything aside for: nobody would give it back.
func TestACallThatHasEndedIsNotAdmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "1")
		c.end("a", "0")
		c.ask(t.Context(), "a", "k", "0.9")
		c.ask(t.Context(), "b", "k", "0.9")
		c.wants("-a b")
	})
}

func TestTrialsWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, "1")
		begun := map[string]error{}
		begin := func(ctx context.Context, name string) {
			go func() { begun[name] = c.purse.Wait(ctx) }()
			synctest.Wait()
		}
		begin(t.Context(), "first")
		c.ask(t.Context(), "a", "k", "0.2")
		begin(t.Context(), "second")
		c.end("a", "0.4")
		c.ask(t.Context(), "b", "k", "0.2")
		begin(t.Context(), "third") // 0.4 are spent, 0.4 on their way
		ctx, cancel := context.WithCancel(t.Context())
		begin(ctx, "left")
		cancel()
		synctest.Wait()
		if _, over := begun["third"]; over || len(begun) != 3 || begun["left"] == nil || errors.Join(begun["first"], begun["second"]) != nil {
			t.Errorf("begun are %v", begun)
		}
		c.end("b", "0.6")
		if err := begun["third"]; err == nil || !strings.HasPrefix(err.Error(), "budget: 1 USD of 1") {
			t.Errorf("the third one says %v", err)
		}
	})
}

// Whatever calls cost, and however many are made at once, no call waits for ever, the limit is passed by no more than calls cost
// above the dearest of their kind before them, and nothing is refused while there is room.
func TestAnyCalls(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) { anyCalls(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func anyCalls(t *testing.T, random *rand.Rand) {
	p := purse.New(price.Known(price.Decimal(1000, 3)), price.Nothing(), costs)
	steady := random.IntN(2) == 0 // each kind has its price
	var mu sync.Mutex
	dearest, excess, refused := map[string]int64{}, int64(0), false
	draw := func(kind string) int64 {
		if steady {
			return map[string]int64{"base": 7, "head": 40}[kind]
		}
		return 1 + random.Int64N(60)
	}
	var all sync.WaitGroup
	for worker := range 1 + random.IntN(12) {
		all.Go(func() {
			for n := range 30 {
				mu.Lock()
				kind := []string{"base", "head"}[random.IntN(2)]
				cost, id, most := draw(kind), fmt.Sprint(worker, "-", n), price.Known(price.Decimal(random.Int64N(900), 3))
				mu.Unlock()
				if p.AdmitCall(t.Context(), usage.Call{ID: id}, purse.Terms{Kind: kind, Most: func() price.Amount { return most }}) != nil {
					mu.Lock()
					refused = true
					mu.Unlock()
					return
				}
				time.Sleep(time.Duration(1+cost) * time.Second)
				mu.Lock()
				if over := cost - dearest[kind]; over > 0 { // an upper bound: what it was taken for was this or less
					excess += over
				}
				dearest[kind] = max(dearest[kind], cost)
				mu.Unlock()
				p.Record(ended(id, price.Decimal(cost, 3).String()))
			}
		})
	}
	all.Wait()
	spent, known := p.Spent().Amount.Value()
	if !known {
		t.Fatal("what was spent is not known")
	}
	if most := price.Decimal(1000+excess, 3); spent.Cmp(most) > 0 {
		t.Errorf("%s were spent, want at most %s", spent, most)
	}
	if steady && spent.Cmp(price.MustMoney("1.04")) > 0 {
		t.Errorf("%s were spent with calls that always cost the same", spent)
	}
	if least := price.Decimal(1000-60, 3); refused && spent.Cmp(least) < 0 {
		t.Errorf("calls were refused when %s were spent", spent)
	}
}

func TestMost(t *testing.T) {
	p := price.Pricing{Book: price.Embedded(), At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	call := usage.Call{Provider: "openai", RequestedModel: "gpt-5.4"} // 2.50 and 15 USD per million tokens
	for _, c := range []struct {
		bytes, output int64
		want          string
	}{{1000, 100, "0.004"}, {1000, 0, "0.4825"}, {0, 1_000_000, "15"}} {
		if got := purse.Most(p, call, c.bytes, c.output).String(); got != c.want {
			t.Errorf("%d bytes and %d tokens: %s, want %s", c.bytes, c.output, got, c.want)
		}
	}
	call.RequestedModel = "a model without a price"
	if got := purse.Most(p, call, 1, 1); got.IsKnown() {
		t.Errorf("without a price it is %s", got)
	}
}
