package output

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/pertask/pertask/report"
)

// maxReport bounds a report in bytes.
const maxReport = 64 << 20

// Load reads a report that pertask has written.
func Load(path string) (*report.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxReport+1))
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	if len(data) > maxReport {
		return nil, fmt.Errorf("reading a report: %s is larger than %d bytes", strconv.Quote(path), maxReport)
	}
	r, err := report.ParseJSON(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strconv.Quote(path), err)
	}
	return r, nil
}
