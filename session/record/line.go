package record

// Line is what one line of a log says, looked at by itself. Its zero value says nothing.
type Line struct {
	Kind Kind
	// Call is the call that the line tells of. Of Settings it has what holds for the calls behind the line; what is
	// empty stays as it was.
	Call
	// Scope names the session that copied lines are of, where a log begins with another's.
	Scope string
	// Total and Last are the counters of a log that counts up: of the session so far, and of its last call.
	Total, Last Counter
}

// Kind says what a line is about.
type Kind byte

// The kinds.
const (
	Nothing  Kind = iota
	Single        // one call
	Settings      // what holds for the lines behind it
	Begin         // Settings at the beginning of a session
	Counters      // counters of a session, after a call or again
	Compact       // history was made shorter, by a call that the line may name
)

// Counter is a running total, in the classes of the log.
type Counter struct {
	Input, Cached, Written, Output, Reasoning int64
	Told                                      bool
}

// State is what lines of a file say about the lines behind them. It is kept between scans; its zero value is that before
// the first line.
type State struct {
	Session  string  `json:"session,omitempty"`
	Scope    string  `json:"scope,omitempty"`
	Version  string  `json:"version,omitempty"`
	Place    Place   `json:"place,omitzero"`
	Provider string  `json:"provider,omitempty"`
	Model    string  `json:"model,omitempty"`
	Tier     string  `json:"tier,omitempty"`
	Total    Counter `json:"total,omitzero"`
	Last     Counter `json:"last,omitzero"`
	// Named is true once calls are told with the provider's ids, so that counters say nothing new.
	Named bool `json:"named,omitempty"`
}

// Set takes over what a line says about the lines behind it.
func (s *State) Set(l *Line) {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&s.Version, l.Version}, {&s.Provider, l.Provider}, {&s.Model, l.Model}, {&s.Tier, l.Tier}, {&s.Place.Dir, l.Dir},
		{&s.Place.Branch, l.Branch}, {&s.Place.Commit, l.Commit}, {&s.Place.Remote, l.Remote}, {&s.Session, l.Session},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if s.Place.Begun.IsZero() {
		s.Place.Begun = l.Begun
	}
}

// Fill gives a call what its own line does not say.
func (s *State) Fill(c *Call) {
	if c.Branch == "" {
		c.Begun = s.Place.Begun
	}
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&c.Version, s.Version}, {&c.Provider, s.Provider}, {&c.Model, s.Model}, {&c.Tier, s.Tier}, {&c.Dir, s.Place.Dir},
		{&c.Branch, s.Place.Branch}, {&c.Commit, s.Place.Commit}, {&c.Remote, s.Place.Remote}, {&c.Session, s.Session},
	} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
}
