// Package report renders the one value that a comparison ends in.
//
// It knows how a result looks as Markdown, check run, terminal text and JSON, and the version of the JSON
// schema. It refuses to know where it is posted, the clock and the network. What a report says is its package content,
// the lines of its tables are row's; how a number is rounded and how a string is made safe is left to figure and markup.
// Every string in a Report is hostile until it has gone through markup.
package report

import (
	"github.com/pertask/pertask/report/content"
)

// Schema names the version of the JSON form of a Report. Later versions add fields and never rename them.
const Schema = content.Schema

// What a report says is defined in package content.
type (
	// Number is a float64 that may be infinite or no statement; the form in JSON is figure's.
	Number = content.Number
	// Report is the result of one suite.
	Report = content.Report
	// Decision is what follows from the verdict in the configured mode.
	Decision = content.Decision
	// Policy is the part of the configured policy that the reader needs.
	Policy = content.Policy
	// Commits names the three commits that a comparison rests on, and the repository and pull request.
	Commits = content.Commits
	// Ratio is an estimate with its interval.
	Ratio = content.Ratio
	// Population is the ratio for tasks like these, with the most influential task.
	Population = content.Population
	// LeaveOneOut is the range of the ratio when one task is left out.
	LeaveOneOut = content.LeaveOneOut
	// Difference is a difference of shares with its interval.
	Difference = content.Difference
	// Arm is one side of the report.
	Arm = content.Arm
	// TaskCost is a cost per completed task in the shape of every cost.
	TaskCost = content.TaskCost
	// Quotient is dollars per something; the form in JSON is figure's.
	Quotient = content.Quotient
	// Tokens is the mean of a trial, averaged task by task.
	Tokens = content.Tokens
	// ListPrice is dollars per million tokens at list price.
	ListPrice = content.ListPrice
	// Task is one line of the per-task table.
	Task = content.Task
	// TaskSide is one task under one arm.
	TaskSide = content.TaskSide
	// LeftOut names tasks that are not part of the numbers, and why.
	LeftOut = content.LeftOut
	// Sequence says at which looks the trials were tested and why they stopped.
	Sequence = content.Sequence
	// SequenceLook is one look as it was made.
	SequenceLook = content.SequenceLook
	// Settle is how many trials would settle an inconclusive verdict.
	Settle = content.Settle
	// Stored says which of an arm's trials were kept from earlier.
	Stored = content.Stored
	// Effect is one part of the change of the cost per completed task.
	Effect = content.Effect
	// NamedEffect is the part of a token class or of a task.
	NamedEffect = content.NamedEffect
	// Why takes the ratio apart.
	Why = content.Why
	// Sensitivity says what would make both arms cost the same.
	Sensitivity = content.Sensitivity
	// BreakEven is the value at which both arms cost the same, and the measured one.
	BreakEven = content.BreakEven
	// Benefit is the net benefit of the head.
	Benefit = content.Benefit
	// BenefitPoint is the net benefit for one worth of a completed task.
	BenefitPoint = content.BenefitPoint
	// Segment is the ratio of a group of tasks.
	Segment = content.Segment
	// Forecast is what measuring will cost, before it is spent.
	Forecast = content.Forecast
	// PriceBook names the book that priced the report.
	PriceBook = content.PriceBook
	// Contract is a discount on the list price.
	Contract = content.Contract
	// Versions names what produced the numbers.
	Versions = content.Versions
)
