package prices

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/internal/pricecase"
	"github.com/pertask/pertask/price"
)

func costCommand() command.Command {
	return command.Command{
		Name: "cost", Args: "[FILE] [options]", Short: "price recorded requests",
		Long: `
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
		Run: cost,
	}
}

func cost(a command.App, fs *flag.FlagSet, args []string) (int, error) {
	rest, err := command.Parse(fs, args, -1)
	if err != nil {
		return command.ExitUsage, err
	}
	if len(rest) > 1 {
		return command.ExitUsage, command.Usagef("%d files where one is expected: %q", len(rest), rest)
	}
	if len(rest) == 0 || rest[0] == "-" {
		return costOf(a, os.Stdin, "stdin")
	}
	file, err := os.Open(rest[0])
	if err != nil {
		return command.ExitUsage, fmt.Errorf("reading cases: %w", err)
	}
	defer file.Close()
	return costOf(a, file, rest[0])
}

// maxCase is the longest line that is read, in bytes.
const maxCase = 64 << 20

// cost prices every line. A line that is malformed is reported, and the others are priced all the same.
func costOf(a command.App, in io.Reader, name string) (int, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxCase)
	out := bufio.NewWriter(a.Stdout)
	code := command.ExitOK
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		c, err := pricecase.Parse(line)
		if err != nil {
			code = command.ExitUsage
			fmt.Fprintf(a.Stderr, "%s:%d: %s\n", name, n, text.Clip(err.Error(), 400))
			continue
		}
		if err := text.WriteJSON(out, pricecase.Price(c, price.Embedded())); err != nil {
			return command.ExitUsage, fmt.Errorf("writing the cost: %w", err)
		}
	}
	if err := errors.Join(lines.Err(), out.Flush()); err != nil {
		return command.ExitUsage, fmt.Errorf("pricing the cases of %s: %w", name, err)
	}
	return code, nil
}
