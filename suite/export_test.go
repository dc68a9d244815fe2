package suite

// The lists of keys that the decoder knows.
var (
	SuiteKeys = suiteKeys
	TaskKeys  = taskKeys
	GradeKeys = gradeKeys
)
