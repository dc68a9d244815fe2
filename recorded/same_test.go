package recorded_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/recorded"
)

// same holds ReadCSV against slowReadCSV: the same rows, and the same mistakes at the same places.
func same(t testing.TB, in string) {
	t.Helper()
	type result struct {
		Rows []recorded.Row
		Err  string
	}
	var got, want result
	for _, x := range []struct {
		to   *result
		read func(io.Reader, string, func(recorded.Row) error) error
	}{{&got, recorded.ReadCSV}, {&want, slowReadCSV}} {
		if err := x.read(strings.NewReader(in), "t.csv", func(r recorded.Row) error {
			x.to.Rows = append(x.to.Rows, r)
			return nil
		}); err != nil {
			x.to.Err = err.Error()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		if len(in) > 2000 {
			in = in[:2000] + "..."
		}
		t.Fatalf("%q is read differently (-want +got):\n%s", in, diff)
	}
}

// odd are fields that something may be wrong with.
var odd = []string{"", " ", "0", "1", "-1", "+1", "007", "1.5", "1e3", "1e-05", "9223372036854775807", "9223372036854775808",
	"0.014973999999999999", "123456789012345678901234567890", "0.0000000000000000000000000000000000000000001", "NaN", "Inf", "-0", "0x10", "1_000",
	"\"1\"", "\" 1 \"", "\"a, b\"", "\"a\nb\"", "\"a\r\nb\"", "\"a\"\"b\"", "\"", "a\"b", "\"a\"b", "\r", "x\ry", "\u00a01\u00a0", "\u2003t", "\ufefft", "\xff", "\x00", " t ", "\t1", strings.Repeat("9", 70), strings.Repeat("x", 70_000)}

// text draws a CSV text: rows that are mostly right, in any order of the columns, with any ends of lines.
func text(r *rand.Rand) string {
	var b strings.Builder
	columns := recorded.Columns()
	if r.IntN(3) == 0 {
		r.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	}
	ends := []string{"\n", "\r\n", "\n\n", "\r\n\r\n", "\n \n"}
	end := func() string { return ends[min(r.IntN(2)+r.IntN(2)*r.IntN(4), r.IntN(50))%len(ends)] }
	if r.IntN(5) == 0 {
		b.WriteString("\ufeff")
	}
	names := append([]string(nil), columns...)
	switch r.IntN(12) {
	case 0:
		names = names[:r.IntN(len(names))]
	case 1:
		names[r.IntN(len(names))] = odd[r.IntN(len(odd))]
	case 2:
		names[0], names[3] = "\""+names[0]+"\"", " "+names[3]
	}
	b.WriteString(strings.Join(names, ",") + end())
	strange := []int{1000, 100, 20, 3}[r.IntN(4)]
	for i := range r.IntN(30) {
		value := map[string]string{"dataset": "d", "model": "m" + fmt.Sprint(r.IntN(2)), "task": "t" + fmt.Sprint(r.IntN(3)), "trial": fmt.Sprint(i),
			"passed": fmt.Sprint(r.IntN(2)), "input_tokens": fmt.Sprint(r.IntN(1e6)), "output_tokens": fmt.Sprint(r.IntN(1e4)),
			"cost_usd": fmt.Sprintf("%.*f", r.IntN(20), r.Float64()), "duration_s": fmt.Sprintf("%.2f", 100*r.Float64())}
		if r.IntN(8) == 0 {
			value["trial"] = fmt.Sprint(r.IntN(3) * r.IntN(1000))
		}
		var fields []string
		for _, c := range columns {
			if r.IntN(strange) == 0 {
				value[c] = odd[r.IntN(len(odd))]
			}
			fields = append(fields, value[c])
		}
		if r.IntN(strange) == 0 {
			fields = fields[:r.IntN(len(fields))]
		}
		b.WriteString(strings.Join(fields, ",") + end())
	}
	s := b.String()
	if r.IntN(6) == 0 {
		s = s[:r.IntN(len(s)+1)]
	}
	return s
}

func TestReadsAsPackageCSV(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		same(t, text(r))
	}
}

// Where the buffer ends makes no difference: rows are as they are read byte by byte.
func TestReadsInAnyPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var long strings.Builder
	long.WriteString(header)
	for i := range 4000 {
		name := "t"
		if r.IntN(5) == 0 {
			name = "\"t,\n\""
		}
		fmt.Fprintf(&long, "d,m,%s,%d,1,%d,,,,0.5,\n", name, i, r.IntN(1000))
	}
	same(t, long.String())
	for range 50 {
		in := text(r)
		want, err := read(in)
		var got []recorded.Row
		again := recorded.ReadCSV(iotest.OneByteReader(strings.NewReader(in)), "t.csv", func(row recorded.Row) error {
			got = append(got, row)
			return nil
		})
		if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(err) != fmt.Sprint(again) {
			t.Fatalf("%q: %v, byte by byte %v (-want +got):\n%s", in, err, again, diff)
		}
	}
}

func TestReadingBreaksOff(t *testing.T) {
	broke := errors.New("the disk is gone")
	for _, in := range []string{"", header, header + "d,m,t,0,1,,,,,,\n", header + "d,m,t,0,1,,,", header + "d,\"m,t"} {
		err := recorded.ReadCSV(io.MultiReader(strings.NewReader(in), iotest.ErrReader(broke)), "t.csv", func(recorded.Row) error { return nil })
		if !errors.Is(err, broke) || !strings.HasPrefix(err.Error(), "reading t.csv: ") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// Trials may have any numbers: each is known again, with its line.
func TestEveryRepeatedTrialIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	var numbers []int
	for i := range 500 {
		numbers = append(numbers, i, 1000*i+700, r.IntN(1<<40)+1<<41)
	}
	numbers = append(numbers, 1<<63-1)
	seen := map[int]bool{}
	var b strings.Builder
	b.WriteString(header)
	for _, i := range r.Perm(len(numbers)) {
		if !seen[numbers[i]] {
			fmt.Fprintf(&b, "d,m,t,%d,1,,,,,,\n", numbers[i])
		}
		seen[numbers[i]] = true
	}
	rows, err := read(b.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Trial%97 != 0 {
			continue
		}
		_, err := read(b.String() + fmt.Sprintf("d,m,t,%d,1,,,,,,\n", row.Trial))
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("is also on line %d", row.Line)) {
			t.Fatalf("trial %d, first on line %d: %v", row.Trial, row.Line, err)
		}
	}
}

// Reading rows takes a few bytes of memory each, most of which is what they hand out.
func TestReadingAllocatesLittle(t *testing.T) {
	const n = 10_000
	var b bytes.Buffer
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "dataset,model,task-%d,%d,1,1234,56789,0,777,0.0149740,12.5\n", i%100, i/100)
	}
	times := testing.AllocsPerRun(3, func() {
		if err := recorded.ReadGroups(bytes.NewReader(b.Bytes()), "t.csv", func(_, _, _ string) func(*recorded.Row) error {
			return func(*recorded.Row) error { return nil }
		}); err != nil {
			t.Fatal(err)
		}
	})
	if times > n/4 {
		t.Errorf("%v allocations for %d rows", times, n)
	}
}

// FuzzReadsAsPackageCSV holds any text against slowReadCSV.
func FuzzReadsAsPackageCSV(f *testing.F) {
	f.Add("d,m,t,0,1,1,2,3,4,0.5,1\n")
	f.Add("d,\"m\n\",t,0,1,,,,,,\r\nd,m,t,0,1,,,,,\"\",\n")
	f.Add("d,m,t,9999999999999999999,1,-1,,,,1e-5,NaN")
	f.Fuzz(func(t *testing.T, in string) {
		same(t, in)
		same(t, header+in)
	})
}
