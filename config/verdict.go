package config

import (
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/verdict"
)

func (c *Config) readVerdict(v strict.Value) {
	m, p := v.Map(keys["verdict"]...), &c.Verdict
	for _, key := range keys["verdict"] {
		c.note("verdict."+key, m.Get(key))
	}
	if v := m.Get("mode"); v.Given() {
		p.Mode = verdict.Mode(v.Enum(string(verdict.Report), string(verdict.Block)))
	}
	if v := m.Get("max_cost_ratio"); v.Given() {
		p.MaxCostRatio = v.Float(0.01, 100)
	}
	if v := m.Get("max_completion_drop"); v.Given() {
		p.MaxCompletionDrop = v.Float(0, 1)
	}
	if v := m.Get("on_inconclusive"); v.Given() {
		p.OnInconclusive = verdict.OnInconclusive(v.Enum(string(verdict.Neutral), string(verdict.Fail)))
	}
	if v := m.Get("scope"); v.Given() {
		p.Scope = verdict.Scope(v.Enum(string(verdict.SuiteScope), string(verdict.PopulationScope)))
	}
	if v := m.Get("pass_guard"); v.Given() {
		p.PassGuardStrict = v.Enum("strict", "lenient") == "strict"
	}
	if v := m.Get("equivalence_margin"); v.Given() {
		p.EquivalenceMargin = v.Float(0, 1)
	}
	if v := m.Get("value_per_task"); v.Given() {
		p.ValuePerTask = v.Float(0, maxValue)
	}
	if v := m.Get("extension_reserve"); v.Given() {
		p.ExtensionReserve = v.Float(0, maxReserve)
	}
}
