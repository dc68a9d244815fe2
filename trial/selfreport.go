package trial

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"

	"github.com/pertask/pertask/trial/folder"
	"github.com/pertask/pertask/usage"
)

// selfReportFile is the file in a trial's home folder in which a program may say what it consumed.
const selfReportFile = "pertask-usage.json"

// maxSelfReport bounds that file in bytes.
const maxSelfReport = 64 << 10

// saidJSON is the form of the file. The counts are disjoint: input is the uncached part, output has the reasoning
// in it.
type saidJSON struct {
	Input         usage.Count `json:"input"`
	CacheRead     usage.Count `json:"cache_read"`
	CacheCreation usage.Count `json:"cache_creation"`
	Output        usage.Count `json:"output"`
	Reasoning     usage.Count `json:"reasoning"`
	USD           string      `json:"usd"`
}

var saidUSD = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,30})?$`)

// readSelfReport reads the file that EnvUsageFile names, if the program has written it. The program is not trusted:
// the file is opened within the home folder only, without waiting, and must be a small regular one.
func readSelfReport(j Job, _ []byte) (*usage.SelfReport, error) {
	home, err := os.OpenRoot(j.Home)
	if err != nil {
		return nil, err
	}
	defer home.Close()
	text, err := folder.Read(home, selfReportFile, maxSelfReport+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || len(text) > maxSelfReport {
		return nil, fmt.Errorf("%s is not a regular file of at most %d bytes", selfReportFile, maxSelfReport)
	}
	return parseSelfReport(text)
}

func parseSelfReport(text []byte) (*usage.SelfReport, error) {
	var s saidJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, fmt.Errorf("%s is not as documented: input, cache_read, cache_creation, output and reasoning are whole numbers, usd is a decimal string", selfReportFile)
	}
	if s.USD != "" && !saidUSD.MatchString(s.USD) {
		return nil, fmt.Errorf("usd in %s is not a decimal number in quotes", selfReportFile)
	}
	return &usage.SelfReport{USD: s.USD, Tokens: usage.Tokens{Input: s.Input, CacheRead: s.CacheRead, CacheCreation: s.CacheCreation,
		Output: s.Output, Reasoning: s.Reasoning}}, nil
}
