package trial

import "github.com/pertask/pertask/meter"

// Metered makes a Proxy of a metering proxy.
func Metered(p *meter.Proxy) Proxy { return metered{p} }

type metered struct{ proxy *meter.Proxy }

// Open starts a session for one trial.
func (m metered) Open(trial string) Session { return m.proxy.Open(trial) }
