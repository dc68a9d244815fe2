package spending

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/pertask/pertask/cmd/pertask/command"
	report "github.com/pertask/pertask/report/spending"
)

func (k clock) weeklyCommand() command.Command {
	return command.Command{
		Name: "weekly", Args: "[options]", Short: "one week against the week before, for a chat or a terminal",
		Long: `
Says what agents cost in a week, beside the week before: the last whole one when none is named. It
prints that as Markdown, or posts it to an incoming webhook of Slack's, or of a chat that takes
the same form. The address is read from a variable, since whoever knows it can post; it must be
https, and it is never printed. Nothing is posted twice: a failure is said and not repeated.

  pertask spend weekly --repo acme/shop
  pertask spend weekly --slack-webhook-env SLACK_WEBHOOK`,
		Run: k.weekly,
	}
}

func (k clock) weekly(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	var f options
	var week, variable, format string
	var print bool
	fs.StringVar(&week, "week", "", "ISO `week`, such as 2026-W47; the last whole one when not given")
	fs.StringVar(&variable, "slack-webhook-env", "", "`name` of the variable that has the address to post to")
	fs.BoolVar(&print, "print", false, "print what would be posted, and post nothing")
	fs.StringVar(&format, "format", "md", "`form` of what is printed: md or slack")
	f.shared(fs)
	if _, err := command.Parse(fs, args, 0); err != nil {
		return command.ExitUsage, err
	}
	if format != "md" && format != "slack" {
		return command.ExitUsage, command.Usagef("--format %q; allowed are md or slack", format)
	}
	begin, err := monday(week, k())
	if err != nil {
		return command.ExitUsage, err
	}
	var address string
	if variable != "" {
		if address, err = webhook(variable, a.Getenv); err != nil {
			return command.ExitUsage, err
		}
	}
	out, err := f.weekly(a, begin, k())
	if err != nil {
		return command.ExitUsage, err
	}
	body, err := out.Slack()
	if err != nil {
		return command.ExitUsage, err
	}
	switch {
	case address != "" && !print:
		if err := post(a.Context, address, body); err != nil {
			return command.ExitUsage, fmt.Errorf("posting the summary to the address in $%s: %w", variable, err)
		}
		fmt.Fprintf(a.Stdout, "Posted to the address in $%s.\n", variable)
		return command.ExitOK, nil
	case format == "slack" || address != "":
		_, err = a.Stdout.Write(body)
	default:
		_, err = io.WriteString(a.Stdout, out.Markdown())
	}
	return command.ExitOK, err
}

// weekly rolls a week and the one before up.
func (f *options) weekly(a command.App, begin, now time.Time) (report.Weekly, error) {
	before, end := begin.AddDate(0, 0, -7), begin.AddDate(0, 0, 7)
	f.since, f.until = before.Format(time.DateOnly), end.Format(time.DateOnly)
	w, err := f.open(a, now)
	if err != nil {
		return report.Weekly{}, err
	}
	defer w.close()
	out := report.Weekly{Asked: w.asked(), Notes: w.notes}
	if out.This, err = w.rollup(begin, end); err != nil {
		return out, err
	}
	out.Before, err = w.rollup(before, begin)
	return out, err
}

// monday is the first hour of an ISO week, or of the last whole one.
func monday(week string, now time.Time) (time.Time, error) {
	first := func(t time.Time) time.Time { // the Monday of its week
		t = t.UTC().Truncate(24 * time.Hour)
		return t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	}
	if week == "" {
		return first(now).AddDate(0, 0, -7), nil
	}
	var year, number int
	if n, err := fmt.Sscanf(week, "%4d-W%2d", &year, &number); n == 2 && err == nil && year >= 2000 && number >= 1 {
		t := first(time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC)).AddDate(0, 0, 7*(number-1)) // the 4th is always in the first week
		if y, w := t.ISOWeek(); y == year && w == number && fmt.Sprintf("%04d-W%02d", year, number) == week {
			return t, nil
		}
	}
	return time.Time{}, command.Usagef("--week %q is no ISO week; allowed is one such as 2026-W47", week)
}

// errAddress says what an address must be, without saying the address.
var errAddress = errors.New("it must be an https address")

// webhook reads the address to post to. It is a secret.
func webhook(variable string, getenv func(string) string) (string, error) {
	s := getenv(variable)
	if s == "" {
		return "", command.Usagef("--slack-webhook-env: $%s is empty", variable)
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return "", fmt.Errorf("reading $%s: %w", variable, errAddress)
	}
	return s, nil
}

// loopback reports whether a host is this machine: what is sent there does not pass a network.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// post sends a body once. Its errors do not have the address.
func post(ctx context.Context, address string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errAddress
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		var full *url.Error
		if errors.As(err, &full) {
			err = full.Err
		}
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)) // so that the connection ends well
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the answer is %d %s", res.StatusCode, http.StatusText(res.StatusCode))
	}
	return nil
}
