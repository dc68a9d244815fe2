package recorded_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/usage"
)

const header = "dataset,model,task,trial,passed,input_tokens,cached_input_tokens,cache_write_tokens,output_tokens,cost_usd,duration_s\n"

func read(in string) ([]recorded.Row, error) {
	var rows []recorded.Row
	err := recorded.ReadCSV(strings.NewReader(in), "t.csv", func(r recorded.Row) error {
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

func TestReadCSV(t *testing.T) {
	rows, err := read(header + "d,m,\"a, b\",0,1,10,20,,5,0.00125,3.5\r\nd,m,c,1,,,,,,,\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2", len(rows))
	}
	first, second := rows[0], rows[1]
	if first.Task != "a, b" || first.Passed == nil || !*first.Passed || first.Seconds == nil || *first.Seconds != 3.5 || first.Line != 2 {
		t.Errorf("first row: %+v", first)
	}
	if got, want := first.Cost, price.Known(price.MustMoney("0.00125")); !got.Equal(want) {
		t.Errorf("cost %v, want %v", got, want)
	}
	if got, want := first.Tokens.Input.Plus(first.Tokens.CacheRead), usage.Known(30); got != want {
		t.Errorf("input %v, want %v", got, want)
	}
	if first.Tokens.CacheCreation.IsKnown() {
		t.Error("an empty cache_write_tokens must be unknown")
	}
	if second.Passed != nil || second.Seconds != nil || second.Cost.IsKnown() || second.Tokens.Output.IsKnown() {
		t.Errorf("empty fields must be unknown: %+v", second)
	}
}

func TestRowCall(t *testing.T) {
	rows, err := read(header + "d,m,c,1,1,1,2,3,4,0.5,\n")
	if err != nil {
		t.Fatal(err)
	}
	c := rows[0].Call("base/c/1")
	if c.ReportedUSD != "0.5" || c.RequestedModel != "m" || c.Coverage != usage.Complete || c.Tokens.Total() != usage.Known(10) {
		t.Errorf("call: %+v", c)
	}
}

func TestReadCSVRefuses(t *testing.T) {
	row := func(column, value string) string {
		fields := map[string]string{"dataset": "d", "model": "m", "task": "t", "trial": "0", "passed": "1",
			"input_tokens": "1", "cost_usd": "0.1", "duration_s": "1"}
		fields[column] = value
		var out []string
		for _, c := range recorded.Columns() {
			out = append(out, fields[c])
		}
		return header + strings.Join(out, ",") + "\n"
	}
	tests := []struct{ name, in, want string }{
		{"empty file", "", "t.csv:1:1: the file is empty"},
		{"missing column", "dataset,model,task\n", `t.csv:1:19: column "trial" is missing`},
		{"unknown column", "dataset,modle\n", `t.csv:1:9: unknown column "modle"`},
		{"column twice", "dataset,dataset\n", `t.csv:1:9: column "dataset" is there twice`},
		{"negative count", row("input_tokens", "-5"), "t.csv:2:11: input_tokens is negative (-5)"},
		{"NaN count", row("output_tokens", "NaN"), `t.csv:2:15: output_tokens is "NaN"`},
		{"NaN cost", row("cost_usd", "NaN"), `t.csv:2:16: cost_usd is "NaN"`},
		{"infinite cost", row("cost_usd", "Inf"), `t.csv:2:16: cost_usd is "Inf"`},
		{"negative cost", row("cost_usd", "-0.1"), `t.csv:2:16: cost_usd is "-0.1"`},
		{"huge exponent", row("cost_usd", "1e999999999"), `t.csv:2:16: cost_usd is`},
		{"NaN duration", row("duration_s", "NaN"), `t.csv:2:20: duration_s is "NaN"`},
		{"negative duration", row("duration_s", "-1"), `t.csv:2:20: duration_s is "-1"`},
		{"fraction", row("output_tokens", "1.5"), `t.csv:2:15: output_tokens is "1.5"`},
		{"too large", row("output_tokens", "99999999999999999999"), "t.csv:2:15: output_tokens is"},
		{"outcome", row("passed", "yes"), `t.csv:2:9: passed is "yes"`},
		{"trial", row("trial", "-1"), `t.csv:2:7: trial "-1"`},
		{"no task", row("task", " "), "t.csv:2:5: task is empty"},
		{"too few fields", header + "d,m,t\n", "t.csv:2:1: 3 fields, but the header names 11 columns"},
		{"torn quote", header + "d,\"m,t\n", "t.csv:"},
		{"same trial twice", header + "d,m,t,0,1,,,,,,\nd,m,t,0,1,,,,,,\n", `t.csv:3:7: trial 0 of task "t" with model "m" is also on line 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.in)
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error\n %s\nwant it to begin with\n %s", err, tt.want)
			}
		})
	}
}

func TestReadCSVCollectsSomeProblems(t *testing.T) {
	_, err := read(header + strings.Repeat("d,m,t,x,1,,,,,,\n", 1000))
	if got, want := strings.Count(err.Error(), "\n")+1, 20; got != want {
		t.Errorf("%d problems, want %d", got, want)
	}
}

func TestReadCSVStopsWhenTold(t *testing.T) {
	stop := fmt.Errorf("enough")
	var n int
	err := recorded.ReadCSV(strings.NewReader(header+"d,m,t,0,1,,,,,,\nd,m,t,1,1,,,,,,\n"), "t.csv", func(recorded.Row) error {
		n++
		return stop
	})
	if diff := cmp.Diff(stop.Error(), err.Error()); diff != "" || n != 1 {
		t.Errorf("after %d rows: %v", n, err)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add(header + "d,m,t,0,1,1,2,3,4,0.5,1\n")
	f.Add("dataset\n")
	f.Add(header + "\"")
	f.Fuzz(func(t *testing.T, in string) {
		rows, err := read(in)
		for _, r := range rows {
			if m, ok := r.Cost.Value(); ok && m.IsNegative() {
				t.Errorf("negative cost %v", m)
			}
			if n, ok := r.Tokens.Input.Value(); ok && n < 0 {
				t.Errorf("negative count %d", n)
			}
		}
		_ = err
	})
}
