package prices

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/price/listing"
	"github.com/pertask/pertask/price/seed"
)

func diffCommand() command.Command {
	return command.Command{
		Name: "diff", Args: "FILE... [options]", Short: "where public price files differ from the book",
		Long: `
Compares copies of public price files with the price book, and lists what differs by provider:
changed rates, conflicts between the files, models that a project does not list any more, and
models of the book's providers that the book does not list. Nothing is fetched and nothing in
the book is changed.

FILE is a price file of genai-prices (data.json), litellm (model_prices_and_context_window.json),
Portkey-AI/models (pricing/PROVIDER.json), langfuse (default-model-prices.json) or pi-ai
(PROVIDER.json); the format is told by the content. What a decision of the book has settled is
not listed again. What a file that is older than the book's last look says is listed as older
and is no difference; the file's date is that in its name.

The exit status is 0 when nothing differs, and 1 when something does.

  pertask prices diff data.json openai.json --patch proposal.json`,
		Run: diffPrices,
	}
}

func diffPrices(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var patch string
	fs.StringVar(&patch, "patch", "", "`file` to write a proposal to, for a person to review")
	files, err := command.Parse(fs, args, -1)
	if err != nil {
		return command.ExitUsage, err
	}
	if len(files) == 0 {
		return command.ExitUsage, command.Usagef("which price files? Name at least one")
	}
	var quotes []seed.Quote
	for _, name := range files {
		q, err := readPriceFile(name)
		if err != nil {
			return command.ExitUsage, err
		}
		quotes = append(quotes, q...)
	}
	changes, err := seed.Diff(quotes)
	if err != nil {
		return command.ExitUsage, err
	}
	if patch != "" {
		if err := os.WriteFile(patch, seed.Patch(changes), 0o644); err != nil {
			return command.ExitUsage, fmt.Errorf("writing the proposal: %w", err)
		}
	}
	out := bufio.NewWriter(a.Stdout)
	printChanges(out, changes)
	differences := changes.Differences()
	fmt.Fprintf(out, "%d prices read, %d differences\n", len(quotes), differences)
	if err := out.Flush(); err != nil {
		return command.ExitUsage, fmt.Errorf("writing the differences: %w", err)
	}
	if differences > 0 {
		return command.ExitVerdict, nil
	}
	return command.ExitOK, nil
}

func readPriceFile(name string) ([]seed.Quote, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading prices: %w", err)
	}
	defer f.Close()
	_, quotes, err := listing.Read(name, f)
	return quotes, err
}

// printChanges writes a table for every provider. The order within one is that of the changes: what needs a person's
// eye first.
func printChanges(w io.Writer, changes seed.Changes) {
	var providers []string
	for _, c := range changes {
		if !slices.Contains(providers, c.Provider) {
			providers = append(providers, c.Provider)
		}
	}
	slices.Sort(providers)
	for _, p := range providers {
		fmt.Fprintf(w, "%s\n", text.Clip(p, 60))
		var rows [][]string
		for _, c := range changes {
			if c.Provider != p {
				continue
			}
			row := []string{string(c.Kind), c.Model, c.Tier, c.Class, c.Book, c.Fresh}
			for i := range row {
				row[i] = text.Clip(row[i], 48)
			}
			rows = append(rows, append(row, text.Clip(strings.Join(c.Sources, ", "), 60)))
		}
		for _, line := range text.AlignLeft(append([][]string{{"", "model", "tier", "figure", "book", "fresh", "by"}}, rows...)) {
			fmt.Fprintf(w, "  %s\n", line)
		}
		fmt.Fprintln(w)
	}
}
