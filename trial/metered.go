package trial

import (
	"crypto/rand"

	"github.com/pertask/pertask/meter"
)

// Metered makes a Proxy of a metering proxy.
func Metered(p *meter.Proxy) Proxy { return metered{p} }

// Salted makes a Proxy of a metering proxy in which the prompts of each trial begin with a text of the trial's own, so
// that no trial finds in a provider's cache what another has left there.
func Salted(p *meter.Proxy) Proxy { return salted{p} }

type salted struct{ proxy *meter.Proxy }

// Open starts a session for one trial. A trial that is carried out again has another text.
func (s salted) Open(trial string) Session { return s.proxy.OpenSalted(trial, rand.Text()) }

type metered struct{ proxy *meter.Proxy }

// Open starts a session for one trial.
func (m metered) Open(trial string) Session { return m.proxy.Open(trial) }
