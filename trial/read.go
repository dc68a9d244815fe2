package trial

import "io"

// ReadJournal reads a journal that somebody else keeps, such as an artifact of a workflow. The name is for
// messages. A torn last line, which a killed process leaves, is left out; any other line that is not a record of a
// known version is an error with its place.
func ReadJournal(r io.Reader, name string) (Evidence, error) {
	var f folder
	if _, err := readRecords(r, name, f.add); err != nil {
		return Evidence{}, err
	}
	return f.evidence(), nil
}
