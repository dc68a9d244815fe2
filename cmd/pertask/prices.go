package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/internal/pricecase"
	"github.com/pertask/pertask/price"
)

func pricesCommand() command {
	return command{
		name: "prices", args: "show|cost|diff [options]", short: "look prices up, price recorded usage, compare price files",
		long: `
Works with the price book that this release carries. It needs no key and no network.

  pertask prices show MODEL    the rates of a model, per tier and date
  pertask prices cost < FILE   what recorded requests cost, a JSON object a line
  pertask prices diff FILE...  where public price files differ from the book

"pertask help prices cost" says more, and the same for the others.`,
		run: func(a app, _ *flag.FlagSet, args []string) (int, error) {
			return a.sub("prices", priceCommands(), args)
		},
	}
}

func priceCommands() []command { return []command{showCommand(), costCommand(), diffCommand()} }

// sub carries out a command of a command.
func (a app) sub(parent string, subs []command, args []string) (int, error) {
	var names []string
	for _, c := range subs {
		if len(args) > 0 && c.name == args[0] {
			c.name = parent + " " + c.name
			return a.do(c, args[1:]), nil
		}
		names = append(names, c.name)
	}
	if len(args) > 0 && strings.HasPrefix(args[0], "-") && strings.TrimLeft(args[0], "-") == "help" || len(args) > 0 && args[0] == "-h" {
		return exitOK, flag.ErrHelp
	}
	return exitUsage, usagef("say which: %s", strings.Join(names, ", "))
}

func costCommand() command {
	return command{
		name: "cost", args: "[FILE] [options]", short: "price recorded requests",
		long: `
Prices requests that were recorded by anybody. It reads one JSON object per line from FILE or
from the standard input, and writes one per line. What it reads:

  id              names the case
  provider        who bills: openai, anthropic, google, vertex, azure, bedrock,
                  openrouter, ...
  api             chat_completions, responses, messages, generate_content,
                  converse, ...; with "batch" in the name for the batch tier
  model           as requested; model_served as answered
  timestamp       the instant whose prices apply, such as 2026-11-10T12:00:00Z
  stream          whether the answer came as events
  usage           the provider's usage object as it came, a list of them, or
                  null
  events          the events of the stream, and lines such as "HTTP 429 {...}"
  request         members of the request's body, and base_url_host
  response_extra  members of the answer besides usage, such as service_tier;
                  "aborted": true when the end was not seen
  multipliers     {"contract": "0.875"}: your own discount

What it writes: id, cost_usd (every digit, or null), status (exact, provider_reported,
lower_bound or unknown), lines, and missing and notes where there is something to say. The usage
goes through the decoders that read live answers. Other members are ignored. A line that is
malformed is reported with its number, and the exit status is then 2.

  echo '{"id":"1","provider":"openai","api":"responses","model":"gpt-5.5",
    "timestamp":"2026-11-10T12:00:00Z",
    "usage":{"input_tokens":1000,"output_tokens":100}}' |
    tr -d '\n' | pertask prices cost`,
		run: cost,
	}
}

func cost(a app, fs *flag.FlagSet, args []string) (int, error) {
	rest, err := parse(fs, args, -1)
	if err != nil {
		return exitUsage, err
	}
	if len(rest) > 1 {
		return exitUsage, usagef("%d files where one is expected: %q", len(rest), rest)
	}
	if len(rest) == 0 || rest[0] == "-" {
		return a.cost(os.Stdin, "stdin")
	}
	file, err := os.Open(rest[0])
	if err != nil {
		return exitUsage, fmt.Errorf("reading cases: %w", err)
	}
	defer file.Close()
	return a.cost(file, rest[0])
}

// maxCase is the longest line that is read, in bytes.
const maxCase = 64 << 20

// cost prices every line. A line that is malformed is reported, and the others are priced all the same.
func (a app) cost(in io.Reader, name string) (int, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxCase)
	out := bufio.NewWriter(a.stdout)
	code := exitOK
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		c, err := pricecase.Parse(line)
		if err != nil {
			code = exitUsage
			fmt.Fprintf(a.stderr, "%s:%d: %s\n", name, n, text.Clip(err.Error(), 400))
			continue
		}
		if err := text.WriteJSON(out, pricecase.Price(c, price.Embedded())); err != nil {
			return exitUsage, fmt.Errorf("writing the cost: %w", err)
		}
	}
	if err := errors.Join(lines.Err(), out.Flush()); err != nil {
		return exitUsage, fmt.Errorf("pricing the cases of %s: %w", name, err)
	}
	return code, nil
}
