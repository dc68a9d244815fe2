package spending

import (
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/pertask/pertask/cmd/pertask/command"
	report "github.com/pertask/pertask/report/spending"
)

// formats are the values of --format.
const formats = "term, json, csv, html or md"

func known(format string) bool {
	return slices.Contains([]string{"term", "json", "csv", "html", "md"}, format)
}

// show prints a report in one of the formats.
func show(a command.App, r report.Report, format string) error {
	switch format {
	case "json":
		return report.JSON(a.Stdout, r)
	case "csv":
		return report.CSV(a.Stdout, r)
	case "html":
		return report.HTML(a.Stdout, r)
	case "md":
		_, err := io.WriteString(a.Stdout, report.Markdown(r))
		return err
	}
	width, bold := terminal(a)
	return report.Terminal(a.Stdout, r, report.TerminalOptions{Width: width, Color: bold})
}

// terminal returns the width of the terminal and whether to write in bold, or 80 and false for a file or a pipe.
func terminal(a command.App) (width int, bold bool) {
	f, ok := a.Stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 80, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 40 {
		width = 80
	}
	return min(width, 140), a.Getenv("NO_COLOR") == "" && strings.TrimSpace(a.Getenv("TERM")) != "dumb"
}
