package content

// Effect is one part of the change of the cost per completed task. On the log scale parts add up; so do dollars.
type Effect struct {
	Log     Number `json:"log"`     // part of the log of the ratio
	Factor  Number `json:"factor"`  // e to the Log: what this part alone multiplies the cost by
	Dollars Number `json:"dollars"` // part of the difference per completed task
}

// Why takes the ratio apart. Price, Usage and Completion add up to the log of the ratio; it is absent where a token
// class, a price or a cost is not known, or nothing was completed.
type Why struct {
	Total Effect `json:"total"`
	Price Effect `json:"price"`
	// List and Discount are the parts of Price: the price lists, and what bills differ from them. Absent when a list
	// price is not known.
	List       *Effect       `json:"list,omitempty"`
	Discount   *Effect       `json:"discount,omitempty"`
	Usage      Effect        `json:"usage"`  // tokens at constant prices; Volume and Mix are its parts
	Volume     Effect        `json:"volume"` // tokens of all classes together
	Mix        Effect        `json:"mix"`    // which classes they are of
	Completion Effect        `json:"completion"`
	Classes    []NamedEffect `json:"classes"` // token classes, of the cost of a trial: they add up to Price and Usage
	Tasks      []NamedEffect `json:"tasks"`   // they add up to the log of the ratio
}

// NamedEffect is the part of a token class or of a task.
type NamedEffect struct {
	Name   string `json:"name"`
	Effect Effect `json:"effect"`
}

// Sensitivity says what would make both arms cost the same per completed task. Each is absent where it has no answer.
type Sensitivity struct {
	CacheHit *BreakEven `json:"cache_hit,omitempty"` // share of the head's input that a cache would have to serve
	// Discount is the share of the price that the head would have to be cheaper by, with the interval of the ratio's.
	Discount   *Difference `json:"discount,omitempty"`
	Completion *BreakEven  `json:"completion,omitempty"` // share of trials that the head would have to complete
	Tokens     *BreakEven  `json:"tokens,omitempty"`     // what the head's tokens would have to be multiplied by; Now is 1
}

// BreakEven is the value at which both arms cost the same, and the measured one.
type BreakEven struct {
	At  Number `json:"at"` // may lie outside of what is possible: then nothing of this kind makes up for the difference
	Now Number `json:"now"`
}

// Benefit is the net benefit of the head for a trial of each task: what more completions are worth, less what more they
// cost. Unlike the ratio it can be said of arms that complete next to nothing.
type Benefit struct {
	// BreakEven is the worth of a completed task, dollars, at which both arms are as good; null when there is none.
	BreakEven Number `json:"break_even"`
	// Relation is "dominates" (cheaper and completes more), "dominated", "equal", "cheaper-and-fewer" (the head pays below the
	// break-even) or "dearer-and-more" (above it).
	Relation string         `json:"relation"`
	Points   []BenefitPoint `json:"points"`
	// Leads is set when so few trials completed that this says more than the ratio.
	Leads bool `json:"leads,omitempty"`
}

// BenefitPoint is the net benefit for one worth of a completed task.
type BenefitPoint struct {
	Value      Number `json:"value"`    // dollars that a completed task is worth
	Estimate   Number `json:"estimate"` // dollars per trial; above 0: the head pays
	Low        Number `json:"low"`
	High       Number `json:"high"`
	Confidence Number `json:"confidence"`
	Accept     Number `json:"accept"` // one-sided confidence that the head pays, 0 to 1
	Configured bool   `json:"configured,omitempty"`
}

// Segment is the ratio of a group of tasks. Its confidence is corrected for the number of segments.
type Segment struct {
	Name       string   `json:"name"`  // such as "many model calls" or a label
	Kind       string   `json:"kind"`  // "calls", "cache" or "label"
	Tasks      []string `json:"tasks"` // ids
	Estimate   Number   `json:"estimate"`
	Low        Number   `json:"low"`
	High       Number   `json:"high"`
	Confidence Number   `json:"confidence"`
	// Verdict is what the interval supports for these tasks alone: "switch", "dont-switch" or "" for neither.
	Verdict string `json:"verdict,omitempty"`
}
