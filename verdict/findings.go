package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The codes of what no trial mends.
const (
	codeBadPolicy   = "bad-policy"
	codeUnknownCost = "unknown-cost"
	codeMayBeHigher = "cost-may-be-higher"
	codeTooFewTasks = "too-few-tasks"
)

// codeUndecided is the code of what more trials may mend.
const codeUndecided = "undecided"

// within is the honest start of a sentence about the ratio.
func within(p Policy, f Facts) string {
	if f.population(p) {
		return fmt.Sprintf("If these %d tasks were a random sample of your work,", f.Tasks)
	}
	return "On this suite"
}

// costs says how a completed task's cost compares with the threshold; word is "less" or "more".
func costs(p Policy, word string) string {
	if p.MaxCostRatio == 1 {
		return fmt.Sprintf("a completed task costs %s at the head than at the base", word)
	}
	return fmt.Sprintf("a completed task at the head costs %s than %s what it costs at the base", word, times(p.MaxCostRatio))
}

func times(ratio float64) string { return strconv.FormatFloat(ratio, 'g', -1, 64) + "x" }

// percent writes a share with one decimal at most.
func percent(share float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(share*100, 'f', 1, 64), ".0") + " %"
}

func cheaperText(p Policy, f Facts) Finding {
	return Finding{Code: "cheaper", Text: within(p, f) + " " + costs(p, "less") + "."}
}

func dearerText(p Policy, f Facts) Finding {
	return Finding{Code: "dearer", Text: within(p, f) + " " + costs(p, "more") + "."}
}

func cheaperButFewer(p Policy, f Facts) Finding {
	return Finding{Code: "completes-fewer", Text: within(p, f) + " " + costs(p, "less") + ", but the head completes fewer trials."}
}

func fewerCompleted(p Policy, f Facts) Finding {
	return Finding{Code: "completes-fewer", Text: within(p, f) + " the head completes fewer trials than the base."}
}

func noMaterialDifference(p Policy, f Facts) Finding {
	return Finding{Code: "no-material-difference", Text: fmt.Sprintf("%s the ratio is within %s of %s either way: no material difference.",
		within(p, f), percent(p.EquivalenceMargin), times(p.MaxCostRatio))}
}

func undecided(p Policy, f Facts) Finding {
	return Finding{Code: codeUndecided, Text: fmt.Sprintf("The trials do not show on which side of %s the ratio lies.", times(p.MaxCostRatio))}
}

func completionUnknown() Finding {
	return Finding{Code: "completion-unknown", Withhold: true, Text: "A completed task costs less at the head, but how the completion rate changes is not known."}
}

func completionUnclear(p Policy, withhold bool) Finding {
	text := fmt.Sprintf("The completion rate may have dropped: a drop of %s of the trials is not excluded.", percent(p.MaxCompletionDrop))
	if withhold {
		text += " The policy asks for certainty before a switch."
	}
	return Finding{Code: "completion-unclear", Text: text, Withhold: withhold}
}

func lowerBound(arm string) Finding {
	return Finding{Code: "cost-lower-bound", Text: fmt.Sprintf("The cost of the %s is a lower bound: the usage of some calls is known in part only.", arm)}
}

func lowerBoundWithholds(arm, what string) Finding {
	return Finding{Code: codeMayBeHigher, Withhold: true, Text: fmt.Sprintf("The true cost of the %s may be higher than measured, so %s is not shown.", arm, what)}
}

func badPolicy(err error) Finding {
	return Finding{Code: codeBadPolicy, Withhold: true, Text: "The policy cannot be applied: " + strings.ReplaceAll(err.Error(), "\n", "; ") + "."}
}

func unknownCost(missing []string) Finding {
	return Finding{Code: codeUnknownCost, Withhold: true, Text: "A cost is not known: " + strings.Join(missing, "; ") + "."}
}

func tooManyVoids(f Facts) Finding {
	planned := f.Planned
	if planned <= 0 {
		planned = f.Voids + f.BaseTrials + f.HeadTrials
	}
	return Finding{Code: "too-many-voids", Withhold: true,
		Text: fmt.Sprintf("%d of %d trials are void%s; with more than %d %% the others may be a selection.", f.Voids, planned, causes(f.VoidCauses), maxVoidPercent)}
}

// causes writes counts by cause, the most frequent first, in parentheses.
func causes(counts map[string]int) string {
	if len(counts) == 0 {
		return ""
	}
	list := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	for i, c := range list {
		list[i] = fmt.Sprintf("%d %s", counts[c], c)
	}
	return " (" + strings.Join(list, ", ") + ")"
}

func nothingMeasured() Finding {
	return Finding{Code: "nothing-measured", Withhold: true, Text: "An arm has no trials that are evidence."}
}

func nothingCompleted(f Facts) Finding {
	return Finding{Code: "nothing-completed", Withhold: true,
		Text: fmt.Sprintf("None of %d trials of the base and %d of the head completed, so there is no cost per completed task.", f.BaseTrials, f.HeadTrials)}
}

func noStatement() Finding {
	return Finding{Code: "no-statement", Withhold: true, Text: "The ratio of the costs per completed task is not defined for these trials."}
}

func tooFewTrials(tasks int) Finding {
	return Finding{Code: "too-few-trials", Withhold: true,
		Text: fmt.Sprintf("need >= %d trials for a 95 %% interval: of each task under each arm.", trialsNeeded(tasks))}
}

func moreTrials(tasks int) Finding {
	return Finding{Code: "too-few-trials",
		Text: fmt.Sprintf("One trial of each task gives an interval for tasks like these only, wide by necessity. On this suite: need >= %d trials for a 95 %% interval.", trialsNeeded(tasks))}
}

func tooFewTasks(tasks int) Finding {
	return Finding{Code: codeTooFewTasks,
		Text: fmt.Sprintf("A verdict about tasks like these needs %d tasks; this suite has %d.", minTasks, tasks)}
}

// noClaim ends a warning.
const noClaim = "nothing is claimed beyond this suite"

func fewPasses(f Facts) Finding {
	arm := func(name string, completed, trials int) string {
		if completed <= 0 {
			return fmt.Sprintf("no trial of %d of the %s completed", trials, name)
		}
		return fmt.Sprintf("%d of %d trials of the %s completed", completed, trials, name)
	}
	var arms []string
	if f.BaseCompleted < minCompletions {
		arms = append(arms, arm("base", f.BaseCompleted, f.BaseTrials))
	}
	if f.HeadCompleted < minCompletions {
		arms = append(arms, arm("head", f.HeadCompleted, f.HeadTrials))
	}
	text := strings.Join(arms, " and ")
	return Finding{Code: "few-passes", Text: fmt.Sprintf("%s%s; with fewer than %d in an arm, %s.",
		strings.ToUpper(text[:1]), text[1:], minCompletions, noClaim)}
}

func oneTaskDominates(f Facts) Finding {
	return Finding{Code: "one-task-dominates", Text: fmt.Sprintf("Task %q holds %s of the cost of the %s; above %s, %s.",
		f.TopTask, percent(f.TopShare), f.TopArm, percent(maxTopShare), noClaim)}
}

func topShareUnknown() Finding {
	return Finding{Code: "one-task-dominates", Text: "How much of an arm's cost one task holds is not known, so " + noClaim + "."}
}

func oneTaskDecides(p Policy, f Facts) Finding {
	return Finding{Code: "one-task-decides", Text: fmt.Sprintf("Without task %q the ratio would not be on the same side of %s: one task decides this.",
		f.CrossTask, times(p.MaxCostRatio))}
}
