package spending

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/ledger/spend"
)

func exportCommand() command.Command {
	return command.Command{
		Name: "export", Args: "[FILE] [options]", Short: "write the ledger as JSON lines or CSV",
		Long: `
Writes the ledger of this machine to a file, or to the standard output without one: as JSON lines,
or as CSV where the file's name ends in .csv. "pertask spend import" reads both.

Numbers are in it, and the names of models, repositories and branches; nothing of what was said.

  pertask spend export entries.csv
  pertask spend export --repo acme/shop > entries.jsonl`,
		Run: export,
	}
}

func export(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var folder string
	var repos words
	csv := false
	fs.StringVar(&folder, "ledger", "", "`folder` of the ledger; $"+desk.EnvFolder+" says it, too")
	fs.Var(&repos, "repo", "`repository` whose entries are written, any number of times; all when not given")
	fs.BoolVar(&csv, "csv", false, "write CSV")
	rest, err := command.Parse(fs, args, -1)
	if err != nil {
		return command.ExitUsage, err
	}
	if len(rest) > 1 {
		return command.ExitUsage, command.Usagef("%d files where one is expected: %q", len(rest), rest)
	}
	only, err := names(repos)
	if err != nil {
		return command.ExitUsage, err
	}
	d, _, err := open(folder, a.Getenv)
	if err != nil {
		return command.ExitUsage, err
	}
	defer d.Close()
	entries := d.Entries(a.Context, spend.Query{Repositories: only})
	if len(rest) == 0 || rest[0] == "-" {
		_, err := written(a, a.Stdout, entries, csv)
		return command.ExitOK, err
	}
	path := rest[0]
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return command.ExitUsage, fmt.Errorf("writing the ledger: %w", err)
	}
	n, err := written(a, f, entries, csv || strings.EqualFold(filepath.Ext(path), ".csv"))
	if err = errors.Join(err, f.Close()); err != nil {
		return command.ExitUsage, fmt.Errorf("writing the ledger: %w", err)
	}
	fmt.Fprintf(a.Stdout, "%s written.\n", plural(n, "entry", "entries"))
	return command.ExitOK, nil
}

// written writes entries, and says what was skipped.
func written(a command.App, w io.Writer, entries iter.Seq2[spend.Entry, error], csv bool) (int, error) {
	write := spend.Write
	if csv {
		write = spend.WriteCSV
	}
	n, skipped, err := write(w, entries)
	said(a, skipped)
	return n, err
}

// said tells which lines were left out.
func said(a command.App, s spend.Skipped) {
	if s.Lines == 0 {
		return
	}
	fmt.Fprintf(a.Stderr, "pertask spend: %s left out, such as\n", plural(s.Lines, "line that is no entry is", "lines that are no entries are"))
	for _, err := range s.First[:min(len(s.First), 3)] {
		fmt.Fprintln(a.Stderr, "  "+text.Clip(err.Error(), 300))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func importCommand() command.Command {
	return command.Command{
		Name: "import", Args: "FILE... [options]", Short: "read entries of other ledgers",
		Long: `
Reads entries into the ledger of this machine: JSON lines, or CSV where a file's name ends in
.csv, as "pertask spend export" writes them. Reading a file again changes nothing. Lines that are
no entries are left out and counted. "-" is the standard input, as JSON lines.

  pertask spend import colleague.jsonl older.csv`,
		Run: imports,
	}
}

func imports(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var folder string
	fs.StringVar(&folder, "ledger", "", "`folder` of the ledger; $"+desk.EnvFolder+" says it, too")
	files, err := command.Parse(fs, args, -1)
	if err != nil {
		return command.ExitUsage, err
	}
	if len(files) == 0 {
		return command.ExitUsage, command.Usagef("which files are to be read?")
	}
	d, _, err := open(folder, a.Getenv)
	if err != nil {
		return command.ExitUsage, err
	}
	defer d.Close()
	for _, path := range files {
		n, skipped, err := imported(a, d, path)
		if err != nil {
			return command.ExitUsage, fmt.Errorf("reading entries of %s: %w", path, err)
		}
		fmt.Fprintf(a.Stdout, "%s: %s read\n", text.Clip(path, 200), plural(n, "entry", "entries"))
		said(a, skipped)
	}
	return command.ExitOK, nil
}

// imported reads one file into the ledger.
func imported(a command.App, d *desk.Desk, path string) (int, spend.Skipped, error) {
	if path == "-" {
		return spend.Copy(a.Context, d, spend.Decode("stdin", os.Stdin))
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, spend.Skipped{}, err
	}
	defer f.Close()
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return spend.Copy(a.Context, d, spend.ReadCSV(path, f))
	}
	return spend.Copy(a.Context, d, spend.Decode(path, f))
}

// sortedSet are the different texts, sorted.
func sortedSet(all map[string]bool) []string {
	var out []string
	for s := range all {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}
