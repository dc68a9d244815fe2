package importtest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/pertask/pertask"

// layers lists the packages from the lowest layer up. A package imports only packages of lower layers. A new
// package needs a line here in the commit that makes it; one that is in no layer fails the test.
var layers = [][]string{
	{"internal/document/step"},
	{"session/scan", "session/gitdir", "session/sqlite", "internal/golden", "internal/logbuffer", "internal/redact", "internal/linefile", "internal/need", "internal/strict", "internal/exactjson", "internal/tree", "internal/document", "trial/folder", "trial/sandbox/view/viewtest", "internal/importtest", "cmd/pertask/text", "arm/known", "recorded/excerpt",
		"github/marker", "github/wire", "github/githubtest/body", "github/githubtest/contract", "github/githubtest/gitstore", "github/githubtest/rate", "github/githubtest/statusstore", "github/githubtest/traffic", "github/githubtest/graph"},
	{"github/branch", "github/cut", "github/dispatch", "github/issue", "github/githubtest/appstore", "github/githubtest/checkstore", "github/githubtest/commentstore", "github/githubtest/gitdata", "github/githubtest/runstore", "github/person", "github/pull", "github/repository", "arm/form", "arm/outside", "arm/suspect", "arm/treefile"},
	{"github/check", "arm/bounds", "github/githubtest/issuestore"},
	{"github/githubtest/repostore", "github/githubtest/signin"},
	{"usage", "stats", "suite", "arm", "github", "github/githubtest/payload", "github/githubtest/query", "app/queue", "app/secret", "price/hours", "price/money", "meter/sse", "meter/wire", "meter/coding"},
	{"session/record", "price/cost", "arm/lead", "price/words", "stats/simulation", "stats/series", "internal/scripted", "internal/fakeagent"},
	{"price", "verdict", "stats/simulation/tables", "stats/series/rivals", "meter/openai", "meter/anthropic", "meter/gemini", "meter/bedrock", "meter/ollama", "meter/readingtest", "meter/salt", "meter/body", "meter/socket", "trial/place", "trial/process", "app/queue/queuetest", "github/app", "github/merged", "github/event", "github/githubtest", "internal/gitrepo", "report/bars", "report/chart", "report/columns", "report/markup", "report/markup/markuptest", "report/plot", "review/command"},
	{"session/claudecode", "session/codex", "session/gemini", "session/opencode", "session/recordtest", "meter/format", "stats/series/histories", "ledger", "ledger/prediction", "ledger/spend", "price/listing", "price/purse", "price/totals", "recorded", "report/figure"},
	{"session/tally", "meter/tap", "stats/series/tables", "ledger/ledgertest", "ledger/attribute", "ledger/control", "ledger/predictiontest", "ledger/spendtest", "ledger/spenddir", "ledger/spendbranch", "ledger/predictionbranch", "recorded/swebench", "recorded/recordedtest", "report/content", "review/claim", "review/state"},
	{"ledger/rollup", "telemetry", "meter", "session", "internal/pricecase", "ledger/dirstore", "ledger/predictiondir", "report/followup", "compare/used", "compare/witness", "price/seed", "recorded/harbor", "recorded/inspect", "recorded/openhands", "recorded/promptfoo", "recorded/sweagent", "report/advice", "report/grounds", "report/pull", "report/row"},
	{"trial", "internal/replay", "report", "recorded/formats", "app/record"},
	{"app/sqldb", "app/record/recordtest", "app/signin", "trial/sandbox/view"},
	{"app/sqldb/sqldbtest", "config", "testdata", "report/html", "trial/journal", "trial/sandbox", "harness", "compare/agenda", "compare/tally"},
	{"report/spending", "compare/conduct", "compare/numbers", "compare/shortfall", "compare/bill", "compare/route", "compare/looks", "compare/stock", "compare/final", "compare/why", "compare/segment", "compare/fit", "compare/pick", "compare/confine", "internal/agentstest", "internal/sandboxed"},
	{"compare/drift", "compare/evidence", "compare/hints", "compare/intake", "compare/outlook", "compare/aa"},
	{"compare/question", "compare/repricing", "setup", "doctor", "report/watch"},
	{"compare/bench", "app/sqldb/tenant", "trial/journal/journaltest", "app/page/sheet", "app/page/guard", "app/page/host", "app/page/paste", "app/page/trouble"},
	{"app/page/layout", "app/sqldb/sqlqueue", "app/sqldb/sqlrecord", "app/sqldb/sqlledger", "app/sqldb/sqlprediction", "app/sqldb/sqlspend", "app/sqldb/sqlsecret"},
	{"app/page/asked", "compare", "app/page/timeline", "app/page/result", "app/page/sums", "app/page/foretold", "app/pulls"},
	{"app/page/agents", "app/page/listing", "app/page/reckon"},
	{"compare/outfit", "review/beside", "review/comment", "review/forecast", "review/follow", "review/gate", "review/journals", "review/progress", "review/proposal", "review/spend", "review/trigger"},
	{"review/again", "review/change", "review/errand", "review/outcome", "review/queue"},
	{"review/ground", "review/proof"},
	{"review/watch"},
	{"review/ending", "review/merge"},
	{"review/words"},
	{"app/courier"},
	{"review", "cmd/pertask/desk", "cmd/pertask/rates", "cmd/pertask/records", "cmd/pertask/wrap"},
	{"cmd/pertask/command", "review/route"},
	{"cmd/pertask/newrepo", "app/hook", "app/ingest", "app/page", "app/enroll", "app/measure", "app/promise"},
	{"app/work"},
	{"app"},
	{"cmd/pertask/commandtest", "cmd/pertask/output", "cmd/pertask/prices", "cmd/pertask/metering", "cmd/pertask/spending", "cmd/pertask/initialize", "cmd/pertask/examine"},
	{"cmd/pertask/analysis", "cmd/pertask/change", "cmd/pertask/repricing"},
	{"cmd/pertask/demo", "cmd/pertask/selftest"},
	{"cmd/action", "cmd/pertask", "cmd/app"},
}

// pure packages take fs.FS, readers, values and times. For arm, which reads what a pull request's author wrote,
// this is the security rule in code: it cannot run or send anything.
var pure = []string{"usage", "stats", "stats/simulation", "stats/series", "stats/series/rivals", "stats/series/histories", "suite", "arm", "price", "price/hours", "price/cost", "price/money", "price/words", "verdict", "report", "report/bars", "report/chart", "report/columns", "report/content", "report/html", "report/plot", "report/pull", "report/figure", "report/followup", "report/watch", "report/advice", "report/grounds", "report/markup", "report/row", "report/spending", "config", "recorded", "price/seed", "price/listing", "price/purse", "price/totals", "compare/intake", "compare/outlook", "compare/aa", "compare/witness", "compare/agenda", "compare/tally", "compare/conduct", "compare/numbers", "compare/bill", "arm/bounds", "arm/form", "arm/known", "arm/lead", "arm/outside", "arm/suspect", "arm/treefile", "recorded/excerpt", "recorded/swebench", "recorded/harbor", "recorded/inspect", "recorded/openhands", "recorded/promptfoo", "recorded/sweagent", "recorded/formats", "internal/pricecase", "telemetry", "ledger", "ledger/control", "ledger/spend", "ledger/rollup", "ledger/attribute", "ledger/prediction", "internal/strict", "internal/exactjson", "internal/document", "internal/document/step", "compare/route", "compare/looks", "compare/stock", "compare/final", "compare/used", "compare/why", "compare/segment", "compare/fit", "compare/pick", "compare/confine", "compare/drift", "compare/evidence", "compare/hints", "compare/question", "review/again", "review/command", "review/proposal", "review/spend", "review/state", "setup", "doctor", "session/scan", "session/record", "session/claudecode", "session/codex", "session/gemini", "session/opencode", "session/sqlite", "session/tally"}

// impure are the standard packages that a pure package does not import directly.
var impure = []string{"net", "net/http", "os", "os/exec", "database/sql", "log", "syscall", "plugin", "unsafe"}

// only says where a dependency may be imported: below the given folders and nowhere else.
var only = map[string][]string{
	"github.com/google/go-github/v62":            {"github"},
	"github.com/bradleyfalzon/ghinstallation/v2": {"github"},
	"github.com/shurcooL/githubv4":               {"github"},
	"github.com/sethvargo/go-githubactions":      {"cmd/action"},
	"github.com/shopspring/decimal":              {"price"},
	"database/sql":                               {"app"},
	"modernc.org/sqlite":                         {"app"},
	"github.com/jackc/pgx/v5":                    {"app"},
	"github.com/riverqueue/river":                {"app"},
	"github.com/prometheus/client_golang":        {"app"},
	"filippo.io/age":                             {"app/secret"},
	"golang.org/x/oauth2":                        {"app"},
	"go.opentelemetry.io/proto/slim/otlp":        {"telemetry", "app/ingest"},
	"github.com/getkin/kin-openapi":              {"github/githubtest/contract"},
	module + "/github/githubtest":                {"github/githubtest"}, // for tests, with all that it imports
	"golang.org/x/term":                          {"cmd"},
	"golang.org/x/perf":                          {}, // benchstat is built by a benchmark; nothing imports it
}

// callers says who may name a function or type of ours that hands out something dangerous.
var callers = map[string][]string{
	// Provider keys are read by meter; a main hands it the environment.
	"meter.KeysFromEnv": {"meter", "cmd/action", "cmd/pertask", "cmd/app"},
	"meter.LoadKeys":    {"meter", "cmd/action", "cmd/pertask", "cmd/app"},
}

type file struct {
	pkg, name string
	imports   []string
	source    string
}

// files reads every Go file of the module but those of testdata folders deeper than the package testdata.
func files(t *testing.T, tests bool) []file {
	t.Helper()
	root := "../.."
	var out []file
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" && rel != "testdata" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") != tests {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(text), "//go:build ignore") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		x := file{pkg: path.Dir(rel), name: rel, source: string(text)}
		for _, i := range f.Imports {
			s, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			x.imports = append(x.imports, s)
		}
		out = append(out, x)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !tests && len(out) < 20 {
		t.Fatalf("only %d files found: the test looks in the wrong folder", len(out))
	}
	return out
}

func layerOf(pkg string) int {
	return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
}

func TestLayers(t *testing.T) {
	for _, f := range files(t, false) {
		mine := layerOf(f.pkg)
		if mine < 0 {
			t.Errorf("%s: package %s is in no layer; add it to the list in this test", f.name, f.pkg)
			continue
		}
		for _, i := range f.imports {
			their, ok := strings.CutPrefix(i, module+"/")
			if !ok {
				continue
			}
			if l := layerOf(their); l < 0 || l >= mine {
				t.Errorf("%s: %s (layer %d) imports %s (layer %d); only lower layers are allowed", f.name, f.pkg, mine, their, l)
			}
		}
	}
}

func TestPurePackages(t *testing.T) {
	for _, f := range files(t, false) {
		if !slices.Contains(pure, f.pkg) {
			continue
		}
		for _, i := range f.imports {
			if slices.Contains(impure, i) {
				t.Errorf("%s: the pure package %s imports %s", f.name, f.pkg, i)
			}
		}
	}
}

func below(pkg string, folders []string) bool {
	return slices.ContainsFunc(folders, func(d string) bool { return pkg == d || strings.HasPrefix(pkg, d+"/") })
}

func TestDependenciesStayInTheirPlace(t *testing.T) {
	for _, f := range files(t, false) {
		for _, i := range f.imports {
			for dep, folders := range only {
				if (i == dep || strings.HasPrefix(i, dep+"/")) && !below(f.pkg, folders) {
					t.Errorf("%s: %s imports %s, which only %v may", f.name, f.pkg, i, folders)
				}
			}
		}
	}
}

func TestOnlyMeterTouchesKeys(t *testing.T) {
	for _, f := range files(t, false) {
		for name, pkgs := range callers {
			if strings.Contains(f.source, name) && !slices.Contains(pkgs, f.pkg) {
				t.Errorf("%s: %s names %s, which only %v may", f.name, f.pkg, name, pkgs)
			}
		}
	}
}

// TestRulesBite shows that the rules would catch what they are for.
func TestRulesBite(t *testing.T) {
	if layerOf("arm") >= layerOf("compare") || layerOf("github") >= layerOf("review") {
		t.Error("the layers are out of order")
	}
	if layerOf("unheard/of") != -1 {
		t.Error("a package that is not listed has a layer")
	}
	if !below("app/sqldb", []string{"app"}) || below("apple", []string{"app"}) {
		t.Error("below does not tell folders apart")
	}
}
