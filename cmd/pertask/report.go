package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/output"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/html"
)

func reportCommand() command.Command {
	return command.Command{
		Name: "report", Args: "REPORT.json... [options]", Short: "show reports again, or write them as a page with plots",
		Long: `
Shows reports that pertask has written, each as it was: nothing is run, and nothing is worked
out again. With --html it writes one page of all of them: a file without scripts that asks no
server for anything.

  pertask report pertask-report/report.json
  pertask report pertask-report/report.json --html report.html
  pertask report one/report.json other/report.json --html both.html`,
		Run: showReports,
	}
}

func showReports(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	format := fs.String("format", "term", "`form` of the reports: "+output.Formats)
	page := fs.String("html", "", "`file` to write a page to, in place of showing the reports")
	paths, err := command.Parse(fs, args, -1)
	if err == nil {
		err = output.CheckFormat(*format)
	}
	if err == nil && len(paths) == 0 {
		err = command.Usagef("no report is given: name a report.json")
	}
	if err != nil {
		return command.ExitUsage, err
	}
	var reports []*report.Report
	for _, p := range paths {
		r, err := output.Load(p)
		if err != nil {
			return command.ExitUsage, err
		}
		reports = append(reports, r)
	}
	if *page != "" {
		return writePage(*page, reports)
	}
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(a.Stdout)
		}
		if err := output.Show(a, r, *format); err != nil {
			return command.ExitUsage, err
		}
	}
	return command.ExitOK, nil
}

func writePage(file string, reports []*report.Report) (int, error) {
	var b bytes.Buffer
	if err := html.Write(&b, reports); err != nil {
		return command.ExitUsage, err
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return command.ExitUsage, fmt.Errorf("writing the page: %w", err)
	}
	return command.ExitOK, nil
}
