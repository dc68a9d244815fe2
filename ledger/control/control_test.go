package control_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/control"
	"github.com/pertask/pertask/price"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func line(provider, from, to, what, usd string) control.Line {
	return control.Line{Provider: provider, From: day(from), To: day(to), What: what, USD: price.Known(price.MustMoney(usd))}
}

// The forms are those of the providers' documentation and of exports that people have published; the figures are ours.
const (
	openAI = `{"object":"page","data":[
 {"object":"bucket","start_time":1793404800,"end_time":1793491200,"results":[
  {"object":"organization.costs.result","amount":{"value":0.06,"currency":"usd"},"line_item":"gpt-5.5, input","project_id":null},
  {"object":"organization.costs.result","amount":{"value":"0.0012345678901234567","currency":"usd"},"line_item":null}]},
 {"object":"bucket","start_time":1793491200,"end_time":1793577600,"results":[]}],"has_more":false,"next_page":null}`
	anthropic = `{"data":[{"starting_at":"2026-10-31T00:00:00Z","ending_at":"2026-11-01T00:00:00Z","results":[
 {"currency":"USD","amount":"123.45","description":"Claude Sonnet 4.6 Usage - Input Tokens","cost_type":"tokens","model":"claude-sonnet-4-6"},
 {"currency":"USD","amount":"-0.5","description":null,"model":null}]}],"has_more":true,"next_page":"page_2"}`
	openAITable = "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id\n" +
		"1793404800,1793491200,2026-10-31T00:00:00,2026-11-01T00:00:00,0.0038359800000000,usd,,\n" +
		"1793491200,1793577600,2026-11-01T00:00:00,2026-11-02T00:00:00,,,,\n"
	anthropicTable = "\ufeffusage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd\n" +
		"2026-10-31,Claude Sonnet 4.6,Default,\"a, b\",message,≤ 200k,output,0.02,0.02\n"
	plain = "date,provider,usd\n2026-10-31,openai,12.50\n"
)

func TestRead(t *testing.T) {
	const priority = "Anthropic's cost report leaves out its Priority Tier"
	for _, test := range []struct {
		name, text string
		want       control.Export
	}{
		{"openai answer, dollars", openAI, control.Export{Form: "OpenAI /v1/organization/costs", Lines: []control.Line{
			line("openai", "2026-10-31", "2026-11-01", "gpt-5.5, input", "0.06"), line("openai", "2026-10-31", "2026-11-01", "", "0.0012345678901234567")}}},
		{"anthropic answer, cents", anthropic, control.Export{Form: "Anthropic /v1/organizations/cost_report", Lines: []control.Line{
			line("anthropic", "2026-10-31", "2026-11-01", "Claude Sonnet 4.6 Usage - Input Tokens", "1.2345"), line("anthropic", "2026-10-31", "2026-11-01", "", "-0.005")},
			Notes: []string{"the last answer says that there are more pages (has_more), which are not in the file", priority}}},
		{"pages behind one another", anthropic + "\n" + strings.Replace(anthropic, "true", "false", 1), control.Export{Form: "Anthropic /v1/organizations/cost_report", Lines: []control.Line{
			line("anthropic", "2026-10-31", "2026-11-01", "Claude Sonnet 4.6 Usage - Input Tokens", "1.2345"), line("anthropic", "2026-10-31", "2026-11-01", "", "-0.005"),
			line("anthropic", "2026-10-31", "2026-11-01", "Claude Sonnet 4.6 Usage - Input Tokens", "1.2345"), line("anthropic", "2026-10-31", "2026-11-01", "", "-0.005")},
			Notes: []string{priority}}},
		{"openai table", openAITable, control.Export{Form: "OpenAI's cost export", Lines: []control.Line{line("openai", "2026-10-31", "2026-11-01", "", "0.00383598")}}},
		{"anthropic table, dollars", anthropicTable, control.Export{Form: "Anthropic's cost export", Notes: []string{priority},
			Lines: []control.Line{line("anthropic", "2026-10-31", "2026-11-01", "Claude Sonnet 4.6 output", "0.02")}}},
		{"somebody's table", plain, control.Export{Form: "a table of provider, date and usd", Lines: []control.Line{line("openai", "2026-10-31", "2026-11-01", "", "12.5")}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := control.Read("f", strings.NewReader(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(got, test.want, cmp.Comparer(func(a, b price.Amount) bool { return a.String() == b.String() })); d != "" {
				t.Errorf("got (-), want (+):\n%s", d)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "f: the file is empty"},
		{"something else", "a,b\n1,2\n", "f:1: not an export that is known"},
		{"another object", `{"version":1}`, "f:1: not an export that is known"},
		{"an error of the provider", `{"error":{"message":"no"},"data":[],"has_more":false}`, "f:1: the answer is an error of the provider"},
		{"cut", openAI[:200], "f:1: not JSON: unexpected EOF"},
		{"tokens of openai", strings.Replace(openAI, "organization.costs.result", "organization.usage.completions.result", 1), "costs have organization.costs.result"},
		{"tokens of anthropic", strings.Replace(anthropic, `"amount":"123.45",`, "", 1), "f:1: data[0]: results[0]: amount is missing"},
		{"euros", strings.Replace(openAI, "usd", "eur", 1), `currency "eur"; amounts in usd are read`},
		{"euros in a table", strings.Replace(openAITable, "usd", "eur", 1), `f:2: amount_currency "eur"`},
		{"no number", strings.Replace(anthropicTable, "0.02,", "free,", 1), "f:2: "},
		{"no date", strings.Replace(plain, "2026-10-31", "31.10.2026", 1), `f:2: date "31.10.2026"; a date such as 2026-10-31 is needed`},
		{"no provider", strings.Replace(plain, "openai", "", 1), "f:2: the provider is missing"},
		{"too few cells", plain + "2026-11-01,openai\n", "f:3: 2 cells; the first row has 3"},
		{"a column twice", "date,date,provider,usd\n", `f:1: the column "date" is there twice`},
		{"a time before all", strings.Replace(openAI, "1793404800", "7", 1), "years from 2020"},
		{"a time backwards", strings.Replace(openAI, "1793491200,\"results\"", "1793404800,\"results\"", 1), "ends before it begins"},
		{"two providers in one", openAI + anthropic, "behind one of OpenAI"},
	} {
		t.Run(test.name, func(t *testing.T) {
			x, err := control.Read("f", strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) || len(x.Lines) > 0 {
				t.Errorf("%v with %d lines; want an error with %q and none", err, len(x.Lines), test.want)
			}
		})
	}
	if _, err := control.Read("f", strings.NewReader("a\n")); !errors.Is(err, control.ErrForm) {
		t.Errorf("%v is no ErrForm", err)
	}
}

func TestSum(t *testing.T) {
	x := control.Export{Lines: []control.Line{
		line("openai", "2026-10-30", "2026-10-31", "", "1"), line("openai", "2026-10-31", "2026-11-01", "", "2"),
		line("openai", "2026-10-31", "2026-11-02", "", "4"), line("openai", "2026-11-01", "2026-11-02", "", "8"),
	}}
	for _, test := range []struct {
		name     string
		from, to time.Time
		usd      string
		across   int
	}{
		{"all", time.Time{}, time.Time{}, "15", 0},
		{"a day", day("2026-10-31"), day("2026-11-01"), "2", 1},
		{"from a day", day("2026-10-31"), time.Time{}, "14", 0},
		{"to a day", time.Time{}, day("2026-11-01"), "3", 1},
		{"nothing", day("2027-01-01"), time.Time{}, "0", 0},
	} {
		if usd, across := x.Sum(test.from, test.to); usd.String() != test.usd || across != test.across {
			t.Errorf("%s: %s and %d across; want %s and %d", test.name, usd, across, test.usd, test.across)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{openAI, anthropic, openAITable, anthropicTable, plain} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, err := control.Read("f", strings.NewReader(text))
		if err != nil {
			return
		}
		for _, l := range x.Lines {
			if !l.To.After(l.From) || l.Provider == "" || l.USD.String() == "unknown" {
				t.Errorf("a line that says nothing: %+v", l)
			}
		}
		x.Sum(day("2026-10-31"), day("2026-11-01"))
	})
}
