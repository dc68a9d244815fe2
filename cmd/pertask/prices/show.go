package prices

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/rates"
	"github.com/pertask/pertask/price"
)

func showCommand() command.Command {
	return command.Command{
		Name: "show", Args: "MODEL [options]", Short: "the rates of a model",
		Long: `
Shows what the price book says of a model: the rates in force per tier and context, earlier and
later ones, surcharges, fees, and where the figures come from. Rates are dollars per million
tokens. MODEL is an id, another name of it, or an id with a date behind it.

A model that the book does not have is never priced as one that is called alike: the ids that
are closest are named as a question, the lines for the configuration are shown, and the exit
status is 1.

  pertask prices show gpt-5.5
  pertask prices show claude-opus-4-6 --provider anthropic --at 2026-03-01`,
		Run: showPrices,
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

func showPrices(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f showFlags
	f.register(fs)
	rest, err := command.Parse(fs, args, 1)
	if err != nil {
		return command.ExitUsage, err
	}
	at, err := dateOrNow(f.at)
	if err != nil {
		return command.ExitUsage, err
	}
	book := price.Embedded()
	query := rates.Query{Model: rest[0], Provider: f.provider, Tier: f.tier, At: at}
	shown := rates.Find(book, query)
	if len(shown) == 0 {
		return command.ExitVerdict, errors.New(rates.Missing(book, query))
	}
	if f.json {
		e := json.NewEncoder(a.Stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return command.ExitOK, e.Encode(map[string]any{"book": book.AsOf(), "digest": book.Digest(), "at": at, "model": rest[0], "providers": shown})
	}
	for i, p := range shown {
		if i > 0 {
			fmt.Fprintln(a.Stdout)
		}
		p.Print(a.Stdout, rest[0], at)
	}
	fmt.Fprintf(a.Stdout, "\nPrice book of %s.\n", book.AsOf())
	return command.ExitOK, nil
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
	return time.Time{}, command.Usagef("--at %q is not a date; write one such as 2026-11-01, or 2026-11-01T12:00:00Z", s)
}
