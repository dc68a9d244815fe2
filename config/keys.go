package config

import "time"

// keys lists the keys of each mapping of the file, by the mapping's name. A new one needs its line in
// docs/config.md; a test says so.
var keys = map[string][]string{
	"":                         {"version", "suite", "suites", "models", "run", "verdict", "prices", "upstreams", "watch", "app"},
	"suites":                   {"name", "path", "models"},
	"models":                   {"path", "element", "slot", "model", "provider", "effort", "temperature", "max_output_tokens", "service_tier", "base_url"},
	"run":                      {"budget", "auto_run_below", "max_trials", "concurrency", "cache", "sandbox", "memory", "disk", "keep_output", "reuse_base", "comment", "check_name", "label", "seed"},
	"verdict":                  {"mode", "max_cost_ratio", "max_completion_drop", "on_inconclusive", "scope", "pass_guard", "equivalence_margin", "value_per_task", "extension_reserve"},
	"prices":                   {"rows", "discounts"},
	"prices.rows":              {"provider", "model", "aliases", "tier", "region", "residency", "geo", "from", "until", "rates", "refuse", "long_context", "note"},
	"prices.rows.long_context": {"threshold", "inclusive", "rates"},
	"prices.discounts":         {"provider", "model", "multiplier", "note"},
	"watch":                    {"budget"},
	"app":                      {"runner", "workflow"},
	"upstreams":                {"name", "url", "provider", "dialect", "auth", "key_env"},
}

// Limits of the lists and numbers of the file.
const (
	maxSuites    = 20
	maxWatches   = 100
	maxUpstreams = 50
	maxDiscounts = 100
	maxRows      = 200
	maxAliases   = 20
	maxContext   = 1_000_000_000 // tokens
	maxRate      = "100000"      // dollars for a million tokens
	maxTrials    = 100
	maxAtOnce    = 64
	maxSeed      = 999_999_999_999_999_999
	maxDollars   = "100000"
	maxCheckName = 60 // characters
	maxLabel     = 50 // GitHub's own limit for the name of a label
	maxElement   = 100
	maxWorkflow  = 100
	maxNote      = 200
	maxFactor    = "10" // of a discount
	maxValue     = 1_000_000
	maxReserve   = 0.049 // of the error of 0.05, so that the test itself keeps a part
	leastReuse   = time.Hour
	mostReuse    = 90 * 24 * time.Hour // no provider serves the same under one name for longer
)
