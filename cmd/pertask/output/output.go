// Package output is how a report, and how far its trials are, reach a terminal and a folder.
//
// It knows the forms that a report can have, and what a terminal can show. It refuses to know what is reported.
package output

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/html"
)

// Formats are the values of --format.
const Formats = "term, md or json"

// Show writes a report in a format, which is one of Formats.
func Show(a command.App, r *report.Report, format string) error {
	switch format {
	case "term":
		width, color := terminal(a, a.Stdout)
		report.Terminal(a.Stdout, r, report.TerminalOptions{Width: width, Color: color})
	case "md":
		_, err := io.WriteString(a.Stdout, report.Markdown([]*report.Report{r}, report.MarkdownOptions{MaxBytes: 1 << 20}))
		return err
	case "json":
		data, err := report.JSON(r)
		if err != nil {
			return err
		}
		_, err = a.Stdout.Write(data)
		return err
	default:
		return command.Usagef("--format %q; allowed are %s", format, Formats)
	}
	return nil
}

// CheckFormat refuses what is none of Formats, as a mistake on the command line.
func CheckFormat(format string) error {
	if format != "term" && format != "md" && format != "json" {
		return command.Usagef("--format %q; allowed are %s", format, Formats)
	}
	return nil
}

// terminal returns the width of a terminal and whether to colour, or 80 and false for a file or a pipe.
func terminal(a command.App, w io.Writer) (width int, color bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 80, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		width = 80
	}
	return min(width, 120), a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb"
}

// Write keeps report.json, report.md and report.html in a folder.
func Write(dir string, r *report.Report) error {
	data, err := report.JSON(r)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the report: %w", err)
	}
	md := report.Markdown([]*report.Report{r}, report.MarkdownOptions{MaxBytes: 1 << 20})
	var page bytes.Buffer
	if err := html.Write(&page, []*report.Report{r}); err != nil {
		return err
	}
	for name, text := range map[string][]byte{"report.json": data, "report.md": []byte(md), "report.html": page.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}

// far says what was spent, and how likely a verdict is.
func far(p compare.Progress) string {
	s := "cost unknown"
	if m, ok := p.Spent.Value(); ok {
		s = "$" + m.Fixed(2)
	}
	if p.Looks > 1 {
		s += fmt.Sprintf(", look %d of %d", p.Look, p.Looks)
	}
	if p.Chance > 0 { // of none by the cap nothing is said: what follows it is an extension
		s += fmt.Sprintf(", chance of a verdict %.0f %%", 100*p.Chance)
	}
	return s
}

// Progress returns what shows how far the trials are: one line that is rewritten on a terminal, a line every tenth without.
func Progress(a command.App) func(compare.Progress) {
	f, ok := a.Stderr.(*os.File)
	live := ok && term.IsTerminal(int(f.Fd())) && a.Getenv("TERM") != "dumb"
	last := -1
	return func(p compare.Progress) {
		if live {
			fmt.Fprintf(a.Stderr, "\r\x1b[K%d of %d trials, %s", p.Done, p.Total, far(p))
			if p.Done == p.Total {
				fmt.Fprint(a.Stderr, "\r\x1b[K")
			}
			return
		}
		if tenth := p.Done * 10 / max(p.Total, 1); tenth != last {
			last = tenth
			fmt.Fprintf(a.Stderr, "%d of %d trials, %s\n", p.Done, p.Total, far(p))
		}
	}
}
