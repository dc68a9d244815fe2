package histories

// sideSizes are how many amounts there are before and after the switch.
var sideSizes = [][2]int{{12, 12}, {12, 60}, {60, 12}, {25, 25}, {40, 40}, {60, 60}}

// effects other than none, one after the other.
var effects = []float64{0.5, 0.7, 1.4, 2}

// Grid is every world that the promises are about: each with no effect, and with one.
func Grid() []World {
	var out []World
	for _, w := range plain() {
		for _, e := range []float64{1, effects[len(out)/2%len(effects)]} {
			w.Effect = e
			out = append(out, w)
		}
	}
	return out
}

// plain are the worlds of the grid without an effect.
func plain() []World {
	var out []World
	for _, n := range sideSizes {
		for _, memory := range []float64{0, 0.25, 0.5} {
			for _, tails := range []Tails{Normal, Student, Contaminated} {
				out = append(out, World{Before: n[0], After: n[1], Memory: memory, Tails: tails})
			}
		}
	}
	for _, n := range [][2]int{{12, 12}, {60, 12}, {25, 25}, {40, 40}} {
		for _, memory := range []float64{0, 0.5} {
			for _, w := range variants() {
				w.Before, w.After, w.Memory = n[0], n[1], memory
				if memory > 0 && w.Weeks+w.Days > 0 {
					continue // they are neighbours that are alike already
				}
				out = append(out, w)
			}
		}
	}
	return out
}

// variants are what makes a history harder, one or two at a time.
func variants() []World {
	return []World{
		{SpreadAfter: 1.5},
		{SpreadAfter: 0.67, Tails: Student},
		{SpreadAfter: 1.5, Tails: Contaminated},
		{Spread: 1.2},
		{Weeks: 0.1},
		{Days: 0.2, Spacing: Bursts},
		{Weekend: -0.5},
		{Spacing: Even, Tails: Student},
		{Spacing: Bursts, Tails: Contaminated},
		{Drift: DriftMild},
		{Drift: -DriftMild, Spread: 0.5},
		{Adoption: 14},
		{Adoption: 14, Drift: -DriftMild, Tails: Student},
		{Sizes: Unrelated},
		{Sizes: Related, Tails: Student},
		{Sizes: Shifted},
		{Sizes: Shifted, Weekend: -0.5, Drift: DriftMild, SpreadAfter: 1.5, Tails: Contaminated, Spacing: Bursts},
	}
}

// Drifts within 28 days, as logarithms: 10 %, a third, and almost three times as much.
const (
	DriftMild    = 0.0953
	DriftStrong  = 0.3
	DriftExtreme = 1.0
)

// Beyond are worlds in which a level cannot be told from something else in principle. Nothing is promised of them but what
// CheckBeyond says.
func Beyond() []World {
	var out []World
	for _, n := range [][2]int{{12, 12}, {25, 25}, {40, 40}, {60, 60}} {
		for _, w := range []World{
			{Drift: DriftStrong}, {Drift: DriftStrong, Spread: 0.5}, {Drift: DriftExtreme}, {Drift: DriftExtreme, Spread: 0.5},
			{Weeks: 0.25}, {Memory: 0.7},
		} {
			w.Before, w.After, w.Effect = n[0], n[1], 1
			out = append(out, w)
		}
	}
	return out
}

// Resolving are histories of the usual window, 56 days before the switch and 28 after it, of which it is asked what they
// resolve: by how many amounts there are after the switch, by how they are spread, and by how alike neighbours
// are.
func Resolving() []World {
	var out []World
	for _, after := range []int{20, 40, 80} {
		for _, spread := range []float64{0.4, 0.6, 0.8, 1.1} {
			for _, memory := range []float64{0, 0.25} {
				out = append(out, World{Before: 2 * after, After: after, Effect: 1, Spread: spread, Memory: memory, Twice: true})
			}
		}
	}
	return out
}

// Compared are the worlds in which methods are compared.
func Compared() []World {
	var out []World
	for _, n := range [][2]int{{12, 12}, {60, 12}, {40, 40}} {
		for _, w := range []World{
			{}, {Tails: Student}, {Memory: 0.25}, {Memory: 0.5}, {Memory: 0.5, Tails: Contaminated}, {SpreadAfter: 1.5}, {Weeks: 0.1}, {Drift: DriftMild}, {Drift: DriftStrong, Spread: 0.5},
		} {
			w.Before, w.After, w.Effect = n[0], n[1], 1
			out = append(out, w)
		}
	}
	return out
}

// Twentieth is every twentieth of the worlds.
func Twentieth(worlds []World) []World {
	var out []World
	for i := 0; i < len(worlds); i += 20 {
		out = append(out, worlds[i])
	}
	return out
}
