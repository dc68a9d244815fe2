package compare

import "github.com/pertask/pertask/arm"

// Given is what trials are given of an arm.
func Given(o Options, a arm.Arm) arm.Arm { return o.given(a) }
