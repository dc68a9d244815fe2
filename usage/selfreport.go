package usage

// SelfReport is what an agent itself says that it consumed. It is never a source of money, because agents leave
// out what they do not see, such as compactions and sub-agents; it is held against what was metered.
type SelfReport struct {
	// Tokens are disjoint classes. One that the agent does not tell is unknown.
	Tokens Tokens `json:"tokens"`
	// USD is the cost that the agent shows, as a decimal string; "" when it shows none.
	USD string `json:"usd,omitempty"`
}
