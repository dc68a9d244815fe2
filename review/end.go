package review

import "errors"

// ErrOvertaken is the cause of a context whose review another worker carries out now, by errors.Is: the review that is overtaken
// posts and keeps nothing more.
var ErrOvertaken = errors.New("another worker carries out the review")
