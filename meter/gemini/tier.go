package gemini

import (
	"strings"

	"github.com/pertask/pertask/meter/wire"
)

// traffic maps Vertex's trafficType to the names that the Gemini API has for the same tiers. Others keep their
// name in lower case, so that no price is found for them: what was bought as provisioned throughput is not
// billed by the token.
var traffic = map[string]string{
	"traffic_type_unspecified": "",
	"on_demand":                "standard",
	"on_demand_priority":       "priority",
	"on_demand_flex":           "flex",
	"on_demand_offpeak":        "offpeak",
}

// servedTier reads the tier that a usage object tells: serviceTier at the Gemini API, trafficType on Vertex. It
// is empty when neither is told.
func servedTier(o wire.Object) string {
	if t := tierName(wire.String(o.Raw("serviceTier"))); t != "" {
		return t
	}
	t := strings.ToLower(wire.String(o.Raw("trafficType")))
	if name, known := traffic[t]; known {
		return name
	}
	return t
}

// tierName is a service tier in lower case. Unspecified is the standard tier, says the library.
func tierName(t string) string {
	t = strings.ToLower(t)
	if t == "unspecified" || t == "service_tier_unspecified" {
		return "standard"
	}
	return t
}
