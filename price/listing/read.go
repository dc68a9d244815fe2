package listing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/price/money"
	"github.com/pertask/pertask/usage"
)

// maxSource bounds what Read reads, in bytes.
const maxSource = 64 << 20

// The formats that Read understands.
const (
	GenAI    = "genai-prices"   // pydantic/genai-prices, data.json
	LiteLLM  = "litellm"        // BerriAI/litellm, model_prices_and_context_window.json
	Portkey  = "portkey-models" // Portkey-AI/models, pricing/PROVIDER.json
	Langfuse = "langfuse"       // langfuse/langfuse, default-model-prices.json
	PiAI     = "pi-ai"          // pi-ai, dist/providers/data/PROVIDER.json
)

// providers maps the sources' names of providers to the book's. A provider that is not here is left out.
var providers = map[string]string{
	"openai": "openai", "anthropic": "anthropic", "google": "google", "gemini": "google", "deepseek": "deepseek",
	"azure": "azure-openai", "azure-openai": "azure-openai", "aws": "bedrock", "bedrock": "bedrock",
	"bedrock_converse": "bedrock", "amazon-bedrock": "bedrock", "vertex-ai": "vertex", "google-vertex": "vertex",
	"vertex_ai-language-models": "vertex", "vertex_ai-anthropic_models": "vertex", "x-ai": "x-ai", "xai": "x-ai",
	"groq": "groq", "mistral": "mistral", "mistral-ai": "mistral", "moonshotai": "moonshot", "moonshot": "moonshot",
	"minimax": "minimax",
}

// Read reads a price file of any known format, which it tells by the content. The name is the file's: it
// is in the errors, and for a format that does not name its provider inside, its base is the provider. The
// source that is returned has the format for a name until the caller gives it a better one; every quote carries
// that name, and the date that the file's name has in it, as in data-2026-08-21.json, if it has one. Quotes without a price of input and output, and figures of a class that are 0 where the format
// means "no rate" by it, are left out.
func Read(name string, r io.Reader) (Source, []Quote, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSource+1))
	if err == nil && len(data) > maxSource {
		err = fmt.Errorf("more than %d bytes", maxSource)
	}
	if err != nil {
		return Source{}, nil, fmt.Errorf("reading prices %q: %w", name, err)
	}
	format, err := detect(data)
	if err != nil {
		return Source{}, nil, fmt.Errorf("reading prices %q: %w", name, err)
	}
	provider := providers[strings.Trim(strings.TrimSuffix(path.Base(day.ReplaceAllString(strings.ReplaceAll(name, `\`, "/"), "")), ".json"), "-_.")]
	quotes, err := readers[format](data, provider)
	if err != nil {
		return Source{}, nil, fmt.Errorf("reading prices %q as %s: %w", name, format, err)
	}
	date := dateIn(name)
	for i := range quotes {
		quotes[i].Source, quotes[i].Date = format, date
	}
	Sort(quotes)
	return Source{Name: format, Format: format, Date: date}, quotes, nil
}

var day = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}`)

// dateIn returns the last date in a file's name; "" when there is none.
func dateIn(name string) (date string) {
	for _, s := range day.FindAllString(name, -1) {
		if _, err := time.Parse(time.DateOnly, s); err == nil {
			date = s
		}
	}
	return date
}

// readers read one format each. The provider is the one that the file's name tells, or "".
var readers = map[string]func(data []byte, provider string) ([]Quote, error){
	GenAI: readGenAI, LiteLLM: readLiteLLM, Portkey: readPortkey, Langfuse: readLangfuse, PiAI: readPiAI,
}

// marks are names of fields that only one format has. The first that is in the file counts.
var marks = []struct{ field, format string }{
	{`"pricingTiers"`, Langfuse}, {`"provider_match"`, GenAI}, {`"pricing_urls"`, GenAI},
	{`"litellm_provider"`, LiteLLM}, {`"pricing_config"`, Portkey}, {`"cost"`, PiAI},
}

func detect(data []byte) (string, error) {
	if !json.Valid(data) {
		return "", errors.New("it is not JSON")
	}
	for _, m := range marks {
		if bytes.Contains(data, []byte(m.field)) {
			return m.format, nil
		}
	}
	return "", fmt.Errorf("the format is not known; known are the price files of %s", strings.Join([]string{GenAI, LiteLLM, Portkey, Langfuse, PiAI}, ", "))
}

// decode reads JSON with its numbers as they are written.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(into)
}

// figures collects the rates of one quote, scaled to dollars per million tokens.
type figures struct {
	shift   int  // power of ten from the source's unit
	nothing bool // 0 means "no rate"
	rates   Rates
	err     error
}

// set notes the rate of a class. An empty number says nothing.
func (f *figures) set(c usage.Class, number json.Number) {
	if number == "" || f.err != nil {
		return
	}
	v, err := money.Rounded(number.String(), f.shift)
	if err != nil {
		f.err = fmt.Errorf("the price of %s: %w", c, err)
		return
	}
	if v == "0" && (f.nothing || c != usage.Input && c != usage.Output) {
		return
	}
	if f.rates == nil {
		f.rates = Rates{}
	}
	f.rates[c] = v
}

// whole reports whether a quote can be priced by: input and output are known and not both free.
func (f *figures) whole() bool {
	in, hasIn := f.rates[usage.Input]
	out, hasOut := f.rates[usage.Output]
	return hasIn && hasOut && (in != "0" || out != "0")
}

// keys returns the keys of a map in order.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
