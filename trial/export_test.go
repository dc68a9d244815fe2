package trial

import "io"

// ReadJournal folds the lines of a journal that is not in a file.
func ReadJournal(r io.Reader, name string) (Evidence, error) {
	var f folder
	_, err := readRecords(r, name, f.add)
	return f.evidence(), err
}

// AnswerLimit is how many bytes of an answer are kept.
const AnswerLimit = answerLimit
