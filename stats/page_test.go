package stats_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/stats"
)

func digits(x float64, n int) string {
	if math.IsInf(x, 1) {
		return "no end"
	}
	return strconv.FormatFloat(x, 'f', n, 64)
}

func percent(x float64, n int) string { return digits(100*x, n) + " %" }

func span(low, high float64, n int) string {
	if math.IsInf(high, 1) {
		return "above " + digits(low, n)
	}
	return digits(low, n) + "-" + digits(high, n)
}

type row map[string]any

// TestPage holds that docs/statistics.md says what the package works out: every number in it comes from here.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("testdata/statistics.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	page, err := template.New("page").Option("missingkey=error").Parse(string(b))
	if err != nil {
		t.Fatal(err)
	}
	data := row{
		"Tasks": 12, "Cells": 12 * 20, "CheapTrial": "0.20", "CheapShare": "40 %", "CheapTask": digits(0.20/0.40, 2),
		"DearTrial": "0.40", "DearShare": "90 %", "DearTask": digits(0.40/0.90, 2),
		"Zero": zeroRows(), "Hit": hitRow(), "Discount": percent(stats.BreakEvenDiscount(1.25, 1), 0),
		"Why": whyRows(t), "K3": vectorRow(t), "Caps": pageCaps, "Resolve": resolveRows(t), "TB": terminalBench(t),
		"Differ": len(disagreements),
	}
	addLooks(t, data)
	addPairs(t, data)
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "../docs/statistics.md", out.String())
}

func addLooks(t *testing.T, data row) {
	t.Helper()
	looks, err := stats.Schedule(12, 20)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stats.NewSequence(stats.DefaultRule(looks))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	var names []string
	for _, b := range s.Bounds() {
		rows = append(rows, row{"Trials": b.Trials, "Percent": percent(b.P, 2), "Confidence": percent(1-b.P, 2), "Z": digits(b.Z, 3)})
		names = append(names, strconv.Itoa(b.Trials))
	}
	last := len(names) - 1
	data["Bounds"], data["LookList"] = rows, strings.Join(names[:last], ", ")+" and "+names[last]
	data["Futility"] = percent(s.Rule().Futility, 0)
}

var pageCaps = []int{5, 8, 20}

func resolveRows(t *testing.T) (rows []row) {
	t.Helper()
	for _, tasks := range []int{3, 5, 10, 20, 50} {
		var factors []string
		for _, most := range pageCaps {
			looks, err := stats.Schedule(tasks, most)
			if err != nil {
				t.Fatal(err)
			}
			s, err := stats.NewSequence(stats.DefaultRule(looks))
			if err != nil {
				t.Fatal(err)
			}
			n := looks[len(looks)-1]
			se, df := stats.Typical(tasks, n, 0.9)
			factors = append(factors, digits(s.Resolvable(n, se, df), 2)+"x")
		}
		rows = append(rows, row{"Tasks": tasks, "Factors": factors})
	}
	return rows
}

func zeroRows() (rows []row) {
	for _, n := range []int{3, 6, 15, 50} {
		rows = append(rows, row{"Trials": n, "Share": percent(stats.ZeroPassUpper(n, 0.025), 0)})
	}
	return rows
}

func hitRow() row {
	c := stats.Caching{Input: 500_000, Output: 9_000, InputPrice: 1e-6, CachedPrice: 1e-7, OutputPrice: 8e-6, WriteMultiplier: 1}
	return row{"None": digits(c.Cost(0), 3), "Half": digits(c.Cost(0.5), 3), "Most": digits(c.Cost(0.9), 3), "Even": percent(c.BreakEven(0.30), 0)}
}

// whyRows take the first example of the vectors apart.
func whyRows(t *testing.T) (rows []row) {
	t.Helper()
	cells := func(usd float64, completed int) []stats.Cell {
		var c stats.Cell
		for i := range 100 {
			c.Add(stats.Obs{Cost: usd, Completed: i < completed})
		}
		return []stats.Cell{c}
	}
	class := func(tokens, price float64) stats.Class {
		return stats.Class{Quantity: tokens, Price: price / 1e6, List: price / 1e6}
	}
	d, err := stats.Decompose(
		stats.Usage{Classes: []stats.Class{class(60_000, 2.5), class(240_000, 0.25), class(12_000, 15)}, Tasks: cells(0.39, 75)},
		stats.Usage{Classes: []stats.Class{class(40_000, 5), class(150_000, 0.5), class(6_500, 30)}, Tasks: cells(0.47, 82)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct {
		name string
		e    stats.Effect
	}{{"price lists", d.List}, {"bills", d.Discount}, {"usage", d.Usage}, {"&nbsp;&nbsp;tokens of all kinds", d.Volume}, {"&nbsp;&nbsp;their mix", d.Mix},
		{"completion", d.Completion}, {"**all together**", d.Total}} {
		rows = append(rows, row{"Name": e.name, "Factor": "x" + digits(e.e.Factor(), 3), "Dollars": fmt.Sprintf("%+.4f", e.e.Dollars+0)})
	}
	return rows
}

// terminalBench takes a recorded pair apart.
func terminalBench(t *testing.T) row {
	t.Helper()
	arms := recordedArms(t)
	for _, x := range readPairs(t) {
		if x.ID == "tb2-gpt54-to-mini" {
			base, head := paired(t, arms[x.Data+" "+x.Base], arms[x.Data+" "+x.Head])
			d, err := stats.Decompose(used(base, x.Parts.BaseTokens, x.Parts.BasePrices), used(head, x.Parts.HeadTokens, x.Parts.HeadPrices))
			if err != nil {
				t.Fatal(err)
			}
			return row{"List": digits(d.List.Factor(), 2), "Usage": digits(d.Usage.Factor(), 1), "Completion": digits(d.Completion.Factor(), 2), "Ratio": digits(d.Total.Factor(), 2)}
		}
	}
	t.Fatal("the pair is not there")
	return nil
}

func vectorRow(t *testing.T) row {
	t.Helper()
	for _, v := range readVectors(t).Suite {
		if v.Name == "k3n3" {
			var base, head []stats.Cell
			for _, task := range v.Tasks {
				base, head = append(base, foldPairs(task.Base)), append(head, foldPairs(task.Head))
			}
			s, err := stats.CompareSuite(base, head)
			if err != nil {
				t.Fatal(err)
			}
			i := s.Interval(0.95)
			return row{"Ratio": digits(s.Ratio, 4), "SE": digits(s.SE, 4), "DF": digits(s.DF, 2), "Low": digits(i.Low, 4), "High": digits(i.High, 4)}
		}
	}
	t.Fatal("no vector k3n3")
	return nil
}

func foldPairs(trials [][2]float64) (c stats.Cell) {
	for _, x := range trials {
		c.Add(stats.Obs{Cost: x[0], Completed: x[1] == 1})
	}
	return c
}

// addPairs tells of the recorded pairs.
func addPairs(t *testing.T, data row) {
	t.Helper()
	arms := recordedArms(t)
	var rows []row
	for _, x := range readPairs(t) {
		base, head := paired(t, arms[x.Data+" "+x.Base], arms[x.Data+" "+x.Head])
		p, err := stats.ComparePopulation(base, head)
		if err != nil {
			t.Fatal(err)
		}
		ours, delta := p.Interval(0.95), "none"
		if s, err := stats.CompareSuite(base, head); err == nil {
			ours = s.Interval(0.95)
		}
		if x.Delta != nil {
			delta = span(float64(x.Delta[0]), float64(x.Delta[1]), 3)
		}
		rows = append(rows, row{"ID": x.ID, "Tasks": x.Tasks, "Ratio": digits(float64(x.Ratio), 3), "Ours": span(ours.Low, ours.High, 3), "Delta": delta})
	}
	data["Recorded"], data["Pairs"] = rows, len(rows)
}
