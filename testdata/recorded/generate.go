//go:build ignore

// This program writes the fixtures of the demo from the CSV of recorded trials that it is given: the figures
// alone - tokens by class, cost and outcome per task - with their source.
//
//	go run ./testdata/recorded/generate.go -in agentic_tokens.csv
//
// The figures were published by davidbreitgand/pricing-reversal at commit 8abee25fc97c under the MIT licence.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pertask/pertask/internal/replay"
	"github.com/pertask/pertask/recorded"
)

var pairs = map[string]struct {
	dataset string
	models  []string
}{
	"gaia":             {"pr2/gaia-react", []string{"claude-opus-4.7", "gemini-3.1-pro", "gemini-3-flash"}},
	"terminal-bench-2": {"pr2/tb2-terminus2", []string{"gpt-5.4", "gpt-5.4-mini"}},
}

func main() {
	log.SetFlags(0)
	in := flag.String("in", "", "CSV `file` of recorded trials")
	out := flag.String("out", "testdata/recorded", "`folder` to write to")
	flag.Parse()
	for name, p := range pairs {
		if err := write(*in, filepath.Join(*out, name+".jsonl"), p.dataset, p.models); err != nil {
			log.Fatal(err)
		}
	}
}

func write(in, out, dataset string, models []string) error {
	src, err := os.Open(in)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(out)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(dst)
	enc := json.NewEncoder(w)
	err = enc.Encode(replay.Header{
		Schema: replay.Schema, Dataset: dataset, Licence: "MIT",
		Source: "davidbreitgand/pricing-reversal at 8abee25fc97c",
		Note:   "one trial per task and model; token counts and costs are totals of a trial",
	})
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, m := range models {
		wanted[m] = true
	}
	err = recorded.ReadCSV(src, in, func(r recorded.Row) error {
		if r.Dataset != dataset || !wanted[r.Model] {
			return nil
		}
		if r.Passed == nil {
			return fmt.Errorf("line %d: outcome unknown", r.Line)
		}
		return enc.Encode(replay.Record{Model: r.Model, Task: r.Task, Completed: *r.Passed, Input: r.Tokens.Input,
			CacheRead: r.Tokens.CacheRead, Output: r.Tokens.Output, USD: r.Cost})
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return dst.Close()
}
