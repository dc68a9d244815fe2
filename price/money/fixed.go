package money

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/shopspring/decimal"
)

// fixed is an exact decimal: a whole number of 128 bits over a power of ten, or, where digits do not fit, a decimal of
// any size. Amounts of dollars fit; what does not is as exact and only slower. The zero value is zero.
type fixed struct {
	hi, lo uint64 // the magnitude times ten to the power of places
	places uint8  // at most mostPlaces
	neg    bool   // never of zero
	wide   *decimal.Decimal
}

// mostPlaces is how many decimals a fixed that is not wide has at most.
const mostPlaces = 76

// tens are the powers of ten that fit.
var tens = func() (t [20]uint64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()

func wide(d decimal.Decimal) fixed { return fixed{wide: &d} }

// narrow is the same number, not wide where it fits.
func narrow(d decimal.Decimal) fixed {
	whole, e := d.Coefficient(), d.Exponent()
	f := fixed{neg: d.IsNegative()}
	magnitude := whole.Abs(whole)
	if !magnitude.IsUint64() || e < -mostPlaces || e > mostPlaces {
		return wide(d)
	}
	f.lo = magnitude.Uint64()
	if e <= 0 {
		f.places = uint8(-e)
		return f
	}
	hi, lo, ok := times10(0, f.lo, uint8(e))
	if !ok {
		return wide(d)
	}
	f.hi, f.lo = hi, lo
	return f
}

// decimal is the same number, of any size.
func (f fixed) decimal() decimal.Decimal {
	if f.wide != nil {
		return *f.wide
	}
	if f.hi == 0 && f.lo <= math.MaxInt64 {
		d := decimal.New(int64(f.lo), -int32(f.places))
		if f.neg {
			return d.Neg()
		}
		return d
	}
	const half = 1 << 32
	d := decimal.Zero
	for _, part := range [...]uint64{f.hi >> 32, f.hi % half, f.lo >> 32, f.lo % half} {
		d = d.Mul(decimal.NewFromInt(half)).Add(decimal.NewFromInt(int64(part)))
	}
	if f.neg {
		d = d.Neg()
	}
	return d.Shift(-int32(f.places))
}

// scan reads digits with at most one point within and a minus before. It is not ok for anything else, and for more
// digits than 64 bits hold; a number that begins with a superfluous zero is none.
func scan(s string) (f fixed, ok bool) {
	i := 0
	if len(s) > 0 && s[0] == '-' {
		f.neg, i = true, 1
	}
	if len(s)-i > mostPlaces || i == len(s) || s[i] == '0' && i+1 < len(s) && s[i+1] != '.' {
		return fixed{}, false
	}
	point := -1
	for j := i; j < len(s); j++ {
		c := s[j]
		switch {
		case c >= '0' && c <= '9' && f.lo < math.MaxUint64/10:
			f.lo = f.lo*10 + uint64(c-'0')
		case c == '.' && point < 0 && j > i && j+1 < len(s):
			point = j
		default:
			return fixed{}, false
		}
	}
	if point >= 0 {
		f.places = uint8(len(s) - 1 - point)
	}
	f.neg = f.neg && f.lo != 0
	return f, f.places <= -leastExponent // parse says what is wrong with more
}

// times10 is the magnitude times ten to the power of n; not ok when it does not fit.
func times10(hi, lo uint64, n uint8) (uint64, uint64, bool) {
	for n > 0 && hi|lo != 0 {
		step := min(n, uint8(len(tens)-1))
		over, top := bits.Mul64(hi, tens[step])
		carry, low := bits.Mul64(lo, tens[step])
		sum, more := bits.Add64(top, carry, 0)
		if over != 0 || more != 0 {
			return 0, 0, false
		}
		hi, lo, n = sum, low, n-step
	}
	return hi, lo, true
}

// align gives both numbers the decimals of the one that has more; not ok when they do not fit.
func align(f, g fixed) (fixed, fixed, bool) {
	if f.wide != nil || g.wide != nil {
		return f, g, false
	}
	ok := true
	switch {
	case f.places < g.places:
		f.hi, f.lo, ok = times10(f.hi, f.lo, g.places-f.places)
		f.places = g.places
	case g.places < f.places:
		g.hi, g.lo, ok = times10(g.hi, g.lo, f.places-g.places)
		g.places = f.places
	}
	return f, g, ok
}

func (f fixed) plus(g fixed) fixed {
	if f.places == g.places && !f.neg && !g.neg && f.wide == nil && g.wide == nil {
		lo, carry := bits.Add64(f.lo, g.lo, 0)
		if hi, over := bits.Add64(f.hi, g.hi, carry); over == 0 {
			return fixed{hi: hi, lo: lo, places: f.places}
		}
	}
	return f.sum(g)
}

// sum is plus for numbers of any kind.
func (f fixed) sum(g fixed) fixed {
	a, b, ok := align(f, g)
	if !ok {
		return wide(f.decimal().Add(g.decimal()))
	}
	if a.neg == b.neg {
		lo, carry := bits.Add64(a.lo, b.lo, 0)
		hi, over := bits.Add64(a.hi, b.hi, carry)
		if over != 0 {
			return wide(f.decimal().Add(g.decimal()))
		}
		a.hi, a.lo = hi, lo
		return a
	}
	if a.magnitude(b) < 0 {
		a, b = b, a
	}
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	a.hi, _ = bits.Sub64(a.hi, b.hi, borrow)
	a.lo, a.neg = lo, a.neg && a.hi|lo != 0
	return a
}

// magnitude compares without signs what has the same decimals.
func (f fixed) magnitude(g fixed) int {
	switch {
	case f.hi != g.hi && f.hi < g.hi, f.hi == g.hi && f.lo < g.lo:
		return -1
	case f.hi == g.hi && f.lo == g.lo:
		return 0
	}
	return 1
}

func (f fixed) minus(g fixed) fixed { return f.plus(g.negated()) }

func (f fixed) negated() fixed {
	if f.wide != nil {
		return wide(f.wide.Neg())
	}
	f.neg = !f.neg && f.hi|f.lo != 0
	return f
}

func (f fixed) mul(g fixed) fixed {
	if f.hi == 0 && g.hi != 0 {
		f, g = g, f
	}
	over, top := bits.Mul64(f.hi, g.lo)
	carry, lo := bits.Mul64(f.lo, g.lo)
	hi, more := bits.Add64(top, carry, 0)
	if f.wide != nil || g.wide != nil || g.hi != 0 || over != 0 || more != 0 || f.places+g.places > mostPlaces {
		return wide(f.decimal().Mul(g.decimal()))
	}
	return fixed{hi: hi, lo: lo, places: f.places + g.places, neg: f.neg != g.neg && hi|lo != 0}
}

// times is the number times a whole one.
func (f fixed) times(n int64) fixed {
	g := fixed{lo: uint64(n), neg: n < 0}
	if n < 0 {
		g.lo = -g.lo
	}
	return f.mul(g)
}

// shifted moves the point to the left.
func (f fixed) shifted(places uint8) fixed {
	if f.wide != nil || f.places+places > mostPlaces {
		return wide(f.decimal().Shift(-int32(places)))
	}
	f.places += places
	return f
}

func (f fixed) cmp(g fixed) int {
	a, b, ok := align(f, g)
	switch {
	case !ok:
		return f.decimal().Cmp(g.decimal())
	case a.neg && b.neg:
		return b.magnitude(a)
	case a.neg:
		return -1
	case b.neg:
		return 1
	}
	return a.magnitude(b)
}

func (f fixed) sign() int {
	switch {
	case f.wide != nil:
		return f.wide.Sign()
	case f.neg:
		return -1
	case f.hi|f.lo == 0:
		return 0
	}
	return 1
}

// float is the nearest float64. Two numbers that a float64 holds have a quotient that is rounded once.
func (f fixed) float() float64 {
	const exact = 1 << 53 // whole numbers up to this are float64s, and powers of ten up to the 22nd
	switch {
	case f.wide == nil && f.hi == 0 && f.lo <= exact && int(f.places) < len(tens):
		x := float64(f.lo) / float64(tens[f.places])
		if f.neg {
			return -x
		}
		return x
	case f.wide == nil && f.hi == 0:
		var buf [32]byte
		text := append(strconv.AppendUint(buf[:0], f.lo, 10), 'e', '-')
		x, err := strconv.ParseFloat(string(strconv.AppendUint(text, uint64(f.places), 10)), 64)
		if f.neg {
			x = -x
		}
		if err == nil {
			return x
		}
	}
	x, _ := f.decimal().Float64()
	return x
}
