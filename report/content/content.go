// Package content holds what a report says: the one value that a comparison ends in.
//
// It knows the fields, their units and their names in JSON. It refuses to know how they look, how they were worked out,
// and where they are posted. Every string in a Report is hostile until it has gone through markup.
package content

import (
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// Schema names the version of the JSON form of a Report. Later versions add fields and never rename them.
const Schema = "pertask.report/1"

// Number is a float64 that may be infinite or no statement; the form in JSON is figure's.
type Number = figure.Number

// Report is the result of one suite. Everything after it is rendering.
type Report struct {
	Schema  string          `json:"schema"` // Schema
	Result  verdict.Result  `json:"result"`
	Verdict verdict.Verdict `json:"verdict"`
	// Reason says why this verdict, or why nothing was measured.
	Reason   verdict.Finding `json:"reason"`
	Decision Decision        `json:"decision"`

	Suite       string  `json:"suite"` // name
	SuiteDigest string  `json:"suite_digest"`
	EvidenceKey string  `json:"evidence_key"`
	Policy      Policy  `json:"policy"`
	Commits     Commits `json:"commits"`

	// Ratio is head against base, cost per completed task, in the scope that gates; absent when nothing was measured.
	Ratio *Ratio `json:"ratio,omitempty"`
	// Population is the same ratio for tasks like these.
	Population *Population `json:"population,omitempty"`
	// Completion is the change of the completion rate, head minus base, in shares of trials.
	Completion *Difference `json:"completion,omitempty"`
	// Sequence says at which looks the trials were tested; absent where none were planned.
	Sequence    *Sequence    `json:"sequence,omitempty"`
	Why         *Why         `json:"why,omitempty"`
	Sensitivity *Sensitivity `json:"sensitivity,omitempty"`
	Benefit     *Benefit     `json:"benefit,omitempty"`
	Segments    []Segment    `json:"segments,omitempty"`

	Base Arm `json:"base"`
	Head Arm `json:"head"`

	Changes    []arm.Change      `json:"changes"`
	NotApplied []arm.Change      `json:"not_applied"`
	Tasks      []Task            `json:"tasks"`
	LeftOut    []LeftOut         `json:"left_out"` // tasks that are not part of the numbers, each with the reason
	Findings   []verdict.Finding `json:"findings"`
	// Notes are the assumptions behind the numbers, one sentence each.
	Notes []string `json:"notes"`
	// NextSteps are what the reader can do now, one sentence each; commands in backquotes.
	NextSteps []string `json:"next_steps"`

	Forecast *Forecast `json:"forecast,omitempty"`
	// SpentUSD is what this check itself cost, in decimal dollars; null when unknown.
	SpentUSD price.Amount `json:"spent_usd"`
	// SpentAtLeast is set when SpentUSD is a lower bound: some usage was not seen.
	SpentAtLeast bool      `json:"spent_at_least,omitempty"`
	PriceBook    PriceBook `json:"price_book"`
	// TrialsFile names the file beside report.json that holds every trial and call; "" when there is none.
	TrialsFile string `json:"trials_file,omitempty"`
	// Sandbox names what kept agents in, and Cache the regime of the provider's prompt caches; "" when nothing ran.
	Sandbox  string    `json:"sandbox,omitempty"`
	Cache    string    `json:"cache,omitempty"`
	Versions Versions  `json:"versions"`
	Time     time.Time `json:"time"`
}

// HasTrials reports whether there are trials behind the report.
func (r *Report) HasTrials() bool {
	return r.Result != verdict.NothingChanged && r.Result != verdict.BadInput && r.Base.Trials+r.Head.Trials > 0
}

// Decision is what follows from the verdict in the configured mode.
type Decision struct {
	Blocks bool `json:"blocks"`
	Exit   int  `json:"exit"` // status of the process
}

// Policy is the part of the configured policy that the reader needs.
type Policy struct {
	Mode              verdict.Mode  `json:"mode"`
	Scope             verdict.Scope `json:"scope"`
	MaxCostRatio      float64       `json:"max_cost_ratio"`
	MaxCompletionDrop float64       `json:"max_completion_drop"`
	// The rest is for those who price the report again; absent where it is the default.
	OnInconclusive    verdict.OnInconclusive `json:"on_inconclusive,omitempty"`
	PassGuardStrict   bool                   `json:"pass_guard_strict,omitempty"`
	EquivalenceMargin float64                `json:"equivalence_margin,omitempty"`
	ValuePerTask      float64                `json:"value_per_task,omitempty"`
	ExtensionReserve  float64                `json:"extension_reserve,omitempty"`
}

// Commits names the three commits that a comparison rests on, and the repository and pull request. Empty
// strings where there are none.
type Commits struct {
	Base       string `json:"base,omitempty"`
	MergeBase  string `json:"merge_base,omitempty"`
	Head       string `json:"head,omitempty"`
	Repository string `json:"repository,omitempty"` // "owner/name"
	Pull       int    `json:"pull,omitempty"`
}

// Ratio is an estimate with its interval. High may be +Inf; NaN means no statement.
type Ratio struct {
	Estimate   Number        `json:"estimate"`
	Low        Number        `json:"low"`
	High       Number        `json:"high"`
	Confidence float64       `json:"confidence"` // 0.95 for 95 %
	Scope      verdict.Scope `json:"scope"`
}

// Population is the ratio for tasks like these, with the most influential task.
type Population struct {
	Estimate    Number      `json:"estimate"`
	Low         Number      `json:"low"`
	High        Number      `json:"high"`
	Confidence  float64     `json:"confidence"`
	LeaveOneOut LeaveOneOut `json:"leave_one_out"`
}

// LeaveOneOut is the range of the ratio when one task is left out.
type LeaveOneOut struct {
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Task is the one whose absence moves the ratio most.
	Task string `json:"task"`
	// Without is the ratio without that task.
	Without Number `json:"without"`
	// OneTaskDecides is set when leaving one task out moves the ratio across the threshold.
	OneTaskDecides bool `json:"one_task_decides"`
}

// Difference is a difference of shares with its interval.
type Difference struct {
	Estimate   Number  `json:"estimate"`
	Low        Number  `json:"low"`
	High       Number  `json:"high"`
	Confidence float64 `json:"confidence"`
}

// Arm is one side of the report.
type Arm struct {
	Model        string        `json:"model"`
	Settings     []arm.Setting `json:"settings"`
	ServedModels []string      `json:"served_models"` // as the provider said, sorted
	// RequestedModels are those that the agent's calls asked for, sorted; absent when nothing was measured.
	RequestedModels []string `json:"requested_models,omitempty"`
	Trials          int      `json:"trials"` // completed and failed; voids are not evidence
	Completed       int      `json:"completed"`
	Voids           int      `json:"voids"`
	CompletionRate  Number   `json:"completion_rate"` // averaged task by task
	// SecondsPerTrial is averaged task by task; null when times were not measured.
	SecondsPerTrial Number     `json:"seconds_per_trial"`
	Cost            price.Cost `json:"cost"`          // of all its trials
	CostPerTask     TaskCost   `json:"cost_per_task"` // per completed task
	// AtLeast is the least that a completed task costs where none was completed, with 97.5 % confidence; absent otherwise.
	AtLeast *Number `json:"at_least,omitempty"`
	// Stored says which of the trials were kept from earlier; absent when there are none.
	Stored         *Stored    `json:"stored,omitempty"`
	TokensPerTrial Tokens     `json:"tokens_per_trial"`
	ListPrice      *ListPrice `json:"list_price,omitempty"`
}

// TaskCost is a cost per completed task in the shape of every cost. It is a quotient, so it is a rounded decimal
// of at least 12 significant digits; "Inf" when no trial was completed, null when a cost is unknown.
type TaskCost struct {
	Amount Quotient     `json:"amount"`
	Status price.Status `json:"status"`
	List   Quotient     `json:"list"`
	Billed Quotient     `json:"billed"`
}

// Quotient is dollars per something; the form in JSON is figure's.
type Quotient = figure.Quotient

// Tokens is the mean of a trial, averaged task by task. NaN (null) where the class was not reported.
type Tokens struct {
	Input         Number `json:"input"` // uncached
	CacheRead     Number `json:"cache_read"`
	CacheCreation Number `json:"cache_creation"`
	Output        Number `json:"output"`
	Reasoning     Number `json:"reasoning"` // a part of Output
}

// Total is every token once; NaN when a class is not known.
func (t Tokens) Total() Number { return t.Input + t.CacheRead + t.CacheCreation + t.Output }

// ListPrice is dollars per million tokens at list price.
type ListPrice struct {
	Provider  string       `json:"provider"`
	Model     string       `json:"model"`
	Tier      string       `json:"tier"`
	Input     price.Amount `json:"input"`
	CacheRead price.Amount `json:"cache_read"`
	Output    price.Amount `json:"output"`
	Row       string       `json:"row"`      // id in the price book
	Verified  string       `json:"verified"` // date
}

// Task is one line of the per-task table.
type Task struct {
	ID     string   `json:"id"`
	Labels []string `json:"labels,omitempty"`
	Base   TaskSide `json:"base"`
	Head   TaskSide `json:"head"`
}

// TaskSide is one task under one arm.
type TaskSide struct {
	Trials    int            `json:"trials"`
	Completed int            `json:"completed"`
	Voids     int            `json:"voids"`
	Cost      price.Cost     `json:"cost"` // of all its trials
	Calls     int            `json:"calls"`
	Tokens    usage.Tokens   `json:"tokens"`           // of all its trials
	Seconds   Number         `json:"seconds"`          // mean of a trial
	Causes    map[string]int `json:"causes,omitempty"` // outcomes other than completed, by cause
}

// LeftOut names tasks that are not part of the numbers, and why.
type LeftOut struct {
	Task   string `json:"task"`
	Reason string `json:"reason"`
}

// Forecast is what measuring will cost, before it is spent.
type Forecast struct {
	USD    price.Amount `json:"usd"` // the middle estimate; null when a price is unknown
	Low    price.Amount `json:"low"`
	High   price.Amount `json:"high"`
	Trials int          `json:"trials"` // both arms
	Basis  string       `json:"basis"`  // one sentence on what the estimate rests on
	Budget price.Amount `json:"budget"` // hard cap; null when there is none
	// Resolves is the smallest factor between the arms that these tasks can show within the cap; null when not known.
	// Measured is set when it rests on stored trials and not on what is usual.
	Resolves *Number `json:"resolves,omitempty"`
	Measured bool    `json:"measured,omitempty"`
	Stored   int     `json:"stored,omitempty"` // trials of the base that need not be carried out
}

// PriceBook names the book that priced the report.
type PriceBook struct {
	AsOf      string     `json:"as_of"`               // date of the book
	Digest    string     `json:"digest"`              // "sha256:..." of the book
	At        time.Time  `json:"at"`                  // instant whose rates were used, for both arms
	Discounts []string   `json:"discounts,omitempty"` // from the configuration, one sentence each
	Contracts []Contract `json:"contracts,omitempty"` // the same discounts, for programs
	Overrides []string   `json:"overrides,omitempty"` // ids of rows from the configuration, sorted
	Rows      []string   `json:"rows"`                // ids of the rows used, sorted
	Notes     []string   `json:"notes,omitempty"`     // assumptions behind the prices, sentences
}

// Contract is a discount on the list price.
type Contract struct {
	Provider   string `json:"provider"`
	Model      string `json:"model,omitempty"` // "" for every model of the provider
	Multiplier string `json:"multiplier"`      // exact decimal
	Note       string `json:"note,omitempty"`
}

// Versions names what produced the numbers.
type Versions struct {
	Pertask   string            `json:"pertask"`
	Method    int               `json:"method"` // raised only when the meaning of a trial changes
	Harnesses map[string]string `json:"harnesses,omitempty"`
}
