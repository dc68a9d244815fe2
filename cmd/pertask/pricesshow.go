package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/pertask/pertask/cmd/pertask/rates"
	"github.com/pertask/pertask/price"
)

func showCommand() command {
	return command{
		name: "show", args: "MODEL [options]", short: "the rates of a model",
		long: `
Shows what the price book says of a model: the rates in force per tier and context, earlier and
later ones, surcharges, fees, and where the figures come from. Rates are dollars per million
tokens. MODEL is an id, another name of it, or an id with a date behind it.

A model that the book does not have is never priced as one that is called alike: the ids that
are closest are named as a question, the lines for the configuration are shown, and the exit
status is 1.

  pertask prices show gpt-5.5
  pertask prices show claude-opus-4-6 --provider anthropic --at 2026-03-01`,
		run: showPrices,
	}
}

type showFlags struct {
	provider, tier, at string
	json               bool
}

func (f *showFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.provider, "provider", "", "`name` of the provider; every one that lists the model when not given")
	fs.StringVar(&f.tier, "tier", "", "`name` of a tier, such as standard or flex; every one when not given")
	fs.StringVar(&f.at, "at", "", "`date` whose prices are shown, such as 2026-11-01; now when not given")
	fs.BoolVar(&f.json, "json", false, "print JSON")
}

func showPrices(a app, fs *flag.FlagSet, args []string) (int, error) {
	var f showFlags
	f.register(fs)
	rest, err := parse(fs, args, 1)
	if err != nil {
		return exitUsage, err
	}
	at, err := dateOrNow(f.at)
	if err != nil {
		return exitUsage, err
	}
	book := price.Embedded()
	query := rates.Query{Model: rest[0], Provider: f.provider, Tier: f.tier, At: at}
	shown := rates.Find(book, query)
	if len(shown) == 0 {
		return exitVerdict, errors.New(rates.Missing(book, query))
	}
	if f.json {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return exitOK, e.Encode(map[string]any{"book": book.AsOf(), "digest": book.Digest(), "at": at, "model": rest[0], "providers": shown})
	}
	for i, p := range shown {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		p.Print(a.stdout, rest[0], at)
	}
	fmt.Fprintf(a.stdout, "\nPrice book of %s.\n", book.AsOf())
	return exitOK, nil
}

func dateOrNow(s string) (time.Time, error) {
	if s == "" {
		return time.Now().UTC(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usagef("--at %q is not a date; write one such as 2026-11-01, or 2026-11-01T12:00:00Z", s)
}
