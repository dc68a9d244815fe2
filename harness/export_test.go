package harness

import "github.com/pertask/pertask/trial"

// Descriptions returns the descriptions of all agents.
func Descriptions() []Agent { return agents() }

// Takes returns the settings that an agent takes for a job.
func Takes(a Agent, r trial.Route) ([]string, error) {
	w, err := a.wayTo(r, r.Upstream, r.Provider)
	return a.takes(w.speech), err
}

// Doors returns the wire formats of the well-known upstreams, with the path below the upstream that each begins with.
func Doors() map[string][][2]string {
	out := map[string][][2]string{}
	for name, all := range doors {
		for _, d := range all {
			if d.at == "" {
				out[name] = append(out[name], [2]string{d.wire, d.path})
			}
		}
	}
	return out
}
