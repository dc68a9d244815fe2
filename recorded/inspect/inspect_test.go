package inspect_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/recorded/inspect"
	"github.com/pertask/pertask/recorded/recordedtest"
	"github.com/pertask/pertask/usage"
)

const header = `{"version": 2, "status": "success", "eval": {"task": "t", "model": "openai/gpt-5.4"}}`

func read(name string, data []byte, o recorded.Options) (recorded.Records, error) {
	fsys := fstest.MapFS{name: {Data: data}}
	return inspect.Format().Read(recorded.Source{FS: fsys, Name: name, Path: name}, o)
}

// text reads samples in the JSON form.
func text(o recorded.Options, samples ...string) (recorded.Records, error) {
	in := strings.TrimSuffix(header, "}") + `, "samples": [` + strings.Join(samples, ",") + "]}"
	return read("log.json", []byte(in), o)
}

func sample(fields string) string { return `{"id": "a", "epoch": 1, ` + fields + `}` }

func one(t *testing.T, o recorded.Options, fields string) recorded.Row {
	t.Helper()
	got, err := text(o, sample(fields))
	if err != nil {
		t.Fatal(err)
	}
	return got.Rows[0]
}

func TestOutcome(t *testing.T) {
	score := func(value string) string { return `"scores": {"match": {"value": ` + value + `}}` }
	for _, tt := range []struct {
		fields, want string
		opts         recorded.Options
	}{
		{score(`"C"`), "completed", recorded.Options{}}, {score(`"I"`), "failed", recorded.Options{}}, {score(`"P"`), "failed", recorded.Options{}},
		{score(`"P"`), "completed", recorded.Options{ScoreFrom: 0.5}}, {score(`"N"`), "failed", recorded.Options{}}, {score(`1`), "completed", recorded.Options{}},
		{score(`0.3`), "failed", recorded.Options{}}, {score(`true`), "completed", recorded.Options{}}, {score(`"Yes"`), "completed", recorded.Options{}},
		{score(`"0.75"`), "completed", recorded.Options{ScoreFrom: 0.7}}, {score(`NaN`), "unknown", recorded.Options{}}, {score(`"NaN"`), "unknown", recorded.Options{}},
		{score(`"c"`), "unknown", recorded.Options{}}, {score(`{"a": 1}`), "unknown", recorded.Options{}}, {`"scores": null`, "unknown", recorded.Options{}},
		{`"scores": {"a": {"value": 1}, "b": {"value": 0}}`, "failed", recorded.Options{Score: "b"}},
		{score(`"C"`) + `, "limit": {"type": "time", "limit": 60}`, "failed", recorded.Options{}},
		{score(`"C"`) + `, "limit": {"type": "cost", "limit": 1}`, "failed", recorded.Options{}},
		{score(`"C"`) + `, "limit": {"type": "message", "limit": 60}`, "completed", recorded.Options{}},
		{score(`"C"`) + `, "limit": {"type": "operator", "limit": 1}`, "unknown", recorded.Options{}},
		{score(`"C"`) + `, "invalidation": {"author": "x"}`, "unknown", recorded.Options{}},
		{`"error": {"message": "boom"}`, "unknown", recorded.Options{}},
	} {
		if got := recordedtest.Word(one(t, tt.opts, tt.fields).Passed); got != tt.want {
			t.Errorf("%s with %+v: %s, want %s", tt.fields, tt.opts, got, tt.want)
		}
	}
}

func TestInputLeavesTheCacheOut(t *testing.T) {
	row := one(t, recorded.Options{}, `"model_usage": {"openai/gpt-5.4": {"input_tokens": 60, "output_tokens": 9, "input_tokens_cache_read": 40, "input_tokens_cache_write": null, "reasoning_tokens": 4, "total_tokens": 109, "total_cost": 0.25}}`)
	tk := row.Tokens
	if tk.Input != usage.Known(60) || tk.CacheRead != usage.Known(40) || tk.CacheCreation.IsKnown() || tk.Output != usage.Known(9) || tk.Reasoning != usage.Known(4) {
		t.Errorf("%+v", tk)
	}
	if !row.Cost.Equal(price.Known(price.MustMoney("0.25"))) {
		t.Errorf("cost %v", row.Cost)
	}
	if row := one(t, recorded.Options{}, `"model_usage": {"openai/gpt-5.4": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}}`); row.Tokens.Input.IsKnown() || row.Cost.IsKnown() {
		t.Errorf("defaults of 0 were taken for counts: %+v", row)
	}
}

func TestTheGradersUsageIsTakenOff(t *testing.T) {
	const graded = `{"version": 2, "status": "success", "eval": {"task": "t", "model": "openai/gpt-5.4", "model_roles": {"grader": {"model": "%s"}}}, "samples": [%s]}`
	const own = `"openai/gpt-5.4": {"input_tokens": 100, "output_tokens": 10, "input_tokens_cache_read": 5, "total_cost": 0.5}`
	const role = `"role_usage": {"grader": {"input_tokens": 30, "output_tokens": 4, "total_cost": 0.1}}`
	for _, tt := range []struct {
		name, grader, fields string
		input, output        usage.Count
		cost                 price.Amount
		others               int
	}{
		{"by itself", "openai/gpt-5.4", `"model_usage": {` + own + `}, ` + role, usage.Known(70), usage.Known(6), price.Known(price.MustMoney("0.4")), 0},
		{"by itself, not told apart", "openai/gpt-5.4", `"model_usage": {` + own + `}`, usage.Count{}, usage.Count{}, price.Amount{}, 0},
		{"by another", "openai/small", `"model_usage": {` + own + `, "openai/small": {"input_tokens": 30, "output_tokens": 4, "total_cost": 0.1}}, ` + role, usage.Known(100), usage.Known(10), price.Known(price.MustMoney("0.5")), 0},
		{"by another, that was also called", "openai/small", `"model_usage": {` + own + `, "openai/small": {"input_tokens": 80, "output_tokens": 4, "total_cost": 0.1}}, ` + role, usage.Known(100), usage.Known(10), price.Known(price.MustMoney("0.5")), 1},
		{"by another, no roles", "openai/small", `"model_usage": {` + own + `, "openai/small": {"input_tokens": 30, "output_tokens": 4}}`, usage.Known(100), usage.Known(10), price.Known(price.MustMoney("0.5")), 0},
		{"a third", "openai/small", `"model_usage": {` + own + `, "x/y": {"input_tokens": 30, "output_tokens": 4}}`, usage.Known(100), usage.Known(10), price.Known(price.MustMoney("0.5")), 1},
	} {
		got, err := read("log.json", fmt.Appendf(nil, graded, tt.grader, sample(tt.fields)), recorded.Options{})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		row := got.Rows[0]
		if row.Tokens.Input != tt.input || row.Tokens.Output != tt.output || !row.Cost.Equal(tt.cost) || len(row.Others) != tt.others {
			t.Errorf("%s: %+v", tt.name, row)
		}
	}
}

// member is one file of an archive.
type member struct {
	name   string
	method uint16
	data   []byte
}

func archive(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(93, zstd.ZipCompressor())
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchive(t *testing.T) {
	s := func(id string, epoch int) []byte {
		return fmt.Appendf(nil, `{"id": %s, "epoch": %d, "scores": {"m": {"value": "C"}}}`, id, epoch)
	}
	got, err := read("a.eval", archive(t,
		member{"_journal/start.json", 0, []byte(`{"version": 2, "eval": {"task": "old", "model": "old"}}`)},
		member{"samples/1_epoch_2.json", 93, s("1", 2)}, member{"samples/1_epoch_1.json", 8, s("1", 1)},
		member{"samples/dir/x_epoch_1/sample.json", 0, s(`"dir/x"`, 1)},
		member{"samples/dir/x_epoch_1/messages/0.json", 0, []byte(`not JSON`)},
		member{"summaries.json", 0, []byte(`[]`)},
		member{"header.json", 8, []byte(header)},
	), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range got.Rows {
		rows = append(rows, r.Task+" of "+r.Dataset+" by "+r.Name())
	}
	if want := "1 of t by openai/gpt-5.4, dir/x of t by openai/gpt-5.4, 1 of t by openai/gpt-5.4"; strings.Join(rows, ", ") != want {
		t.Errorf("%q, want %q", rows, want)
	}
	got, err = read("a.eval", archive(t, member{"_journal/start.json", 0, []byte(`{"version": 2, "eval": {"task": "t", "model": "m"}}`)}, member{"samples/1_epoch_1.json", 0, s("1", 1)}), recorded.Options{})
	if err != nil || !strings.Contains(strings.Join(got.Notes, "\n"), "what it holds may not be all") {
		t.Errorf("a log that has not ended: %v, notes %q", err, got.Notes)
	}
}

func TestArchiveRefuses(t *testing.T) {
	good := archive(t, member{"header.json", 8, []byte(header)}, member{"samples/1_epoch_1.json", 8, []byte(`{"id": 1, "epoch": 1}`)})
	bomb := append([]byte(`{"id": "`), bytes.Repeat([]byte("a"), 32<<20)...)
	broken := bytes.Clone(good)
	broken[45] ^= 0xff
	for _, tt := range []struct {
		name string
		in   []byte
		want string
	}{
		{"cut", good[:len(good)-30], "a.eval: the archive cannot be read"},
		{"only the beginning", []byte("PK\x03\x04"), "a.eval: the archive cannot be read"},
		{"no header", archive(t, member{"samples/1_epoch_1.json", 0, []byte("{}")}), "a.eval: the archive has no header.json"},
		{"no samples", archive(t, member{"header.json", 0, []byte(header)}), "a.eval: there is no sample in it"},
		{"no id", archive(t, member{"header.json", 0, []byte(header)}, member{"samples/1_epoch_1.json", 0, []byte("{}")}), "a.eval/samples/1_epoch_1.json: $.id: this is missing"},
		{"flipped bits", broken, "a.eval/header.json"},
		{"deflate bomb", archive(t, member{"header.json", 8, bomb}), "a.eval/header.json"},
		{"zstd bomb", archive(t, member{"header.json", 93, bomb}), "a.eval/header.json: this grows to more than 16777216 bytes from"},
		{"cut sample", archive(t, member{"header.json", 0, []byte(header)}, member{"samples/1_epoch_1.json", 0, []byte(`{"id"`)}), "a.eval/samples/1_epoch_1.json:1:6: the text ends"},
		{"odd name", archive(t, member{"header.json", 0, []byte(header)}, member{"samples/\x1b[31m\n_epoch_1.json", 0, []byte(`[`)}), `a.eval/samples/\x1b[31m\n_epoch_1.json:1:2: the text ends`},
	} {
		_, err := read("a.eval", tt.in, recorded.Options{})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %.300v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}

// A directory may name far more members than an archive of a sane size has.
func TestArchiveWithAHugeDirectory(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 200_000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%060d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := read("a.eval", b.Bytes(), recorded.Options{}); err == nil || !strings.HasPrefix(err.Error(), "a.eval: the archive cannot be read: its directory is too large") {
		t.Errorf("error %v", err)
	}
}

func TestTextRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		samples []string
		opts    recorded.Options
		want    string
	}{
		{"none", nil, recorded.Options{}, "log.json: there is no sample in it"},
		{"no id", []string{`{"epoch": 1}`}, recorded.Options{}, "log.json: $.samples[0].id: this is missing"},
		{"twice", []string{sample(`"x": 1`), sample(`"x": 1`)}, recorded.Options{}, `log.json: $.samples[1].id: epoch 1 of sample "a" is there twice`},
		{"scores", []string{sample(`"scores": {"a": {"value": 1}, "b": {"value": 1}}`)}, recorded.Options{}, `log.json: $.samples[0].scores: the sample has the scores ["a" "b"]; name the one that decides with --score`},
		{"another score", []string{sample(`"scores": {"a": {"value": 1}}`)}, recorded.Options{Score: "z"}, `log.json: $.samples[0].scores: the sample has no score "z"; its scores are ["a"]`},
		{"tokens", []string{sample(`"model_usage": {"m": {"input_tokens": -4}}`)}, recorded.Options{}, "log.json: $.samples[0].model_usage.m.input_tokens: this is -4"},
		{"seconds", []string{sample(`"working_time": -1`)}, recorded.Options{}, "log.json: $.samples[0].working_time: this is -1; seconds of 0 or more"},
	} {
		_, err := text(tt.opts, tt.samples...)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want it to begin with %q", tt.name, err, tt.want)
		}
	}
}

func FuzzLog(f *testing.F) {
	f.Add([]byte(strings.TrimSuffix(header, "}")+`, "samples": [`+sample(`"scores": {"m": {"value": "C"}}`)+"]}"), false)
	f.Add(archive(f, member{"header.json", 93, []byte(header)}, member{"samples/1_epoch_1.json", 8, []byte(`{"id": 1, "epoch": 1}`)}), true)
	f.Fuzz(func(t *testing.T, in []byte, zipped bool) {
		name := map[bool]string{true: "a.eval", false: "a.json"}[zipped]
		got, err := read(name, in, recorded.Options{})
		for _, row := range got.Rows {
			if err != nil || row.Task == "" {
				t.Errorf("row %+v with error %v", row, err)
			}
		}
	})
}

// inspect_ai works costs out from counts: where it has none, a cost of 0 is none.
func TestUnknownCostIsNotZero(t *testing.T) {
	const counts = `"model_usage": {"openai/gpt-5.4": {"input_tokens": %s, "output_tokens": %s, "total_cost": %s}}`
	for _, tt := range []struct{ input, output, cost, want string }{
		{"0", "0", "0", "unknown"}, {"0", "0", "null", "unknown"}, {"0", "0", "0.5", "0.5"}, {"10", "0", "0", "0"}, {"10", "1", "null", "unknown"},
		{"10", "1", "1e-05", "0.00001"},
	} {
		row := one(t, recorded.Options{}, fmt.Sprintf(counts, tt.input, tt.output, tt.cost))
		if got := row.Cost.String(); got != tt.want {
			t.Errorf("%s and %s tokens for %s: got %s, want %s", tt.input, tt.output, tt.cost, got, tt.want)
		}
	}
	if row := one(t, recorded.Options{}, `"model_usage": {"openai/other": {"input_tokens": 5, "output_tokens": 1, "total_cost": 0.5}}`); row.Cost.IsKnown() || row.Tokens.Input.IsKnown() || len(row.Others) != 1 {
		t.Errorf("what another model consumed was taken for the model's own: %+v", row)
	}
	if row := one(t, recorded.Options{}, `"model_usage": {}`); row.Cost.IsKnown() || row.Tokens.Output.IsKnown() {
		t.Errorf("no usage: %+v", row)
	}
}

// A grader that is said to have consumed more than the whole contradicts it.
func TestTheGradersPartIsNoMoreThanTheWhole(t *testing.T) {
	const graded = `{"version": 2, "status": "success", "eval": {"task": "t", "model": "m", "model_roles": {"grader": {"model": "m"}}}, "samples": [%s]}`
	got, err := read("log.json", fmt.Appendf(nil, graded, sample(`"model_usage": {"m": {"input_tokens": 10, "output_tokens": 5, "total_cost": 0.1}},
		"role_usage": {"grader": {"input_tokens": 11, "output_tokens": 2, "total_cost": 0.2}}`)), recorded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if row := got.Rows[0]; row.Tokens.Input.IsKnown() || row.Tokens.Output != usage.Known(3) || row.Cost.IsKnown() {
		t.Errorf("%+v", row)
	}
}

func TestSecondsAndRetries(t *testing.T) {
	for fields, want := range map[string]string{
		`"working_time": 2.5, "total_time": 9`: "2.5", `"total_time": 9`: "9", `"working_time": null, "total_time": 9`: "9", `"working_time": 0`: "0", `"error": null`: "unknown",
	} {
		got := "unknown"
		if row := one(t, recorded.Options{}, fields); row.Seconds != nil {
			got = fmt.Sprint(*row.Seconds)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
	got, err := text(recorded.Options{}, sample(`"error_retries": [{}], "scores": {"m": {"value": "C"}}`))
	if err != nil || len(got.Notes) != 1 || !strings.HasPrefix(got.Notes[0], "1 trial, cost too low: tried again after an error") {
		t.Errorf("notes %q: %v", got.Notes, err)
	}
}

func TestScoresThatAreNoNumbersAreUnknown(t *testing.T) {
	for value, want := range map[string]string{
		`"C"`: "completed", `"I"`: "failed", `"N"`: "failed", `"P"`: "failed", `"Yes"`: "completed", `"c"`: "unknown", `"1.0"`: "completed", `"0.99"`: "failed",
		`"NaN"`: "unknown", `"inf"`: "unknown", `"1e999"`: "unknown", `NaN`: "unknown", `Infinity`: "unknown", `null`: "unknown", `[1]`: "unknown", `{"a": 1}`: "unknown",
		`true`: "completed", `false`: "failed", `1`: "completed", `2`: "completed", `-1`: "failed", `""`: "unknown",
	} {
		if got := recordedtest.Word(one(t, recorded.Options{}, `"scores": {"m": {"value": `+value+`}}`).Passed); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

func logText() string {
	return strings.TrimSuffix(header, "}") + `, "samples": [` + sample(`"scores": {"m": {"value": "C"}}, "working_time": 12.5, "model_usage": {"openai/gpt-5.4": {"input_tokens": 120, "output_tokens": 10, "total_cost": 0.125}}`) + "]}"
}

func TestTextTruncated(t *testing.T) {
	recordedtest.Truncated(t, inspect.Format(), "log.json", logText(), 1)
}

// A cut archive has no directory: nothing of it counts.
func TestArchiveTruncated(t *testing.T) {
	whole := archive(t, member{"samples/1_epoch_1.json", 93, []byte(`{"id": 1, "epoch": 1, "scores": {"m": {"value": "C"}}}`)}, member{"header.json", 8, []byte(header)})
	if got, err := read("a.eval", whole, recorded.Options{}); err != nil || len(got.Rows) != 1 {
		t.Fatalf("the whole archive: %d rows, %v", len(got.Rows), err)
	}
	for n := 4; n < len(whole); n++ {
		got, err := read("a.eval", whole[:n], recorded.Options{})
		if err == nil || len(got.Rows) > 0 || !strings.HasPrefix(err.Error(), "a.eval: the archive cannot be read") {
			t.Fatalf("cut at %d of %d: %d rows, %v", n, len(whole), len(got.Rows), err)
		}
	}
}

// Bytes that have changed are found by the checksums, or change nothing that counts.
func TestArchiveWithChangedBytes(t *testing.T) {
	whole := archive(t, member{"header.json", 0, []byte(header)}, member{"samples/1_epoch_1.json", 8, []byte(`{"id": 1, "epoch": 1, "scores": {"m": {"value": "C"}}}`)})
	begin := bytes.Index(whole, []byte(header))
	for i := begin; i < begin+len(header); i++ {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x20 // letters change their case
		if got, err := read("a.eval", changed, recorded.Options{}); err == nil {
			t.Errorf("byte %d of the header changed from %q to %q: %d rows and no error", i-begin, whole[i], changed[i], len(got.Rows))
		}
	}
}

// A member that was written again counts once, as its last writing says; names that are no samples are passed over.
func TestArchiveMembers(t *testing.T) {
	in := archive(t, member{"header.json", 0, []byte(header)},
		member{"samples/a_epoch_1.json", 0, []byte(`{"id": "a", "epoch": 1, "scores": {"m": {"value": "I"}}}`)},
		member{"samples/a_epoch_1.json", 0, []byte(`{"id": "a", "epoch": 1, "scores": {"m": {"value": "C"}}}`)},
		member{"samples/b_epoch_.json", 0, []byte("x")}, member{"samples/b_epoch_1x.json", 0, []byte("x")}, member{"samples/b.json", 0, []byte("x")},
		member{"other/b_epoch_1.json", 0, []byte("x")}, member{"samples/b_epoch_1.txt", 0, []byte("x")}, member{"../samples/b_epoch_1.json", 0, []byte("x")})
	got, err := read("a.eval", in, recorded.Options{})
	if err != nil || len(got.Rows) != 1 || recordedtest.Word(got.Rows[0].Passed) != "completed" {
		t.Errorf("rows %+v: %v", got.Rows, err)
	}
}

func TestFolderOfLogs(t *testing.T) {
	got, err := inspect.Format().Read(recordedtest.Folder(recordedtest.Files{
		"one.json": logText(), "two.json": strings.Replace(logText(), `"success"`, `"error"`, 1), "notes.json": `{"version": 1}`,
		"three.eval": string(archive(t, member{"header.json", 8, []byte(header)}, member{"samples/1_epoch_1.json", 93, []byte(`{"id": 1, "epoch": 1, "scores": {"m": {"value": 0}}}`)})),
	}), recorded.Options{})
	if err != nil || len(got.Rows) != 3 {
		t.Fatalf("%d rows, want 3: %v", len(got.Rows), err)
	}
	if want := `run/two.json has status "error": what it holds may not be all.`; len(got.Notes) != 1 || got.Notes[0] != want {
		t.Errorf("notes %q, want %q", got.Notes, want)
	}
	recordedtest.Refuses(t, inspect.Format(), []recordedtest.Refusal{
		{Name: "nothing", Files: recordedtest.Files{"notes.json": `{"version": 1}`}, Want: "run: there is no sample in it; a log of inspect_ai"},
		{Name: "cut", Files: recordedtest.Files{"a.eval": "PK\x03\x04", "b.json": logText()}, Want: "run/a.eval: the archive cannot be read"},
		{Name: "no model", Files: recordedtest.Files{"a.json": strings.Replace(logText(), `"model": "openai/gpt-5.4"`, `"model": ""`, 1)}, Want: "run/a.json: $.eval.model: this is empty"},
		{Name: "epoch", Files: recordedtest.Files{"a.json": strings.Replace(logText(), `"epoch": 1`, `"epoch": -1`, 1)}, Want: "run/a.json: $.samples[0].epoch: this is -1"},
		{Name: "huge tokens", Files: recordedtest.Files{"a.json": strings.Replace(logText(), "120", "1e20", 1)}, Want: `run/a.json: $.samples[0].model_usage["openai/gpt-5.4"].input_tokens: this is 1e20`},
		{Name: "huge cost", Files: recordedtest.Files{"a.json": strings.Replace(logText(), "0.125", "1e99", 1)}, Want: `run/a.json: $.samples[0].model_usage["openai/gpt-5.4"].total_cost: this is 1e99`},
		{Name: "endless", Files: recordedtest.Files{"a.json": strings.Replace(logText(), "12.5", "1e10", 1)}, Want: "run/a.json: $.samples[0].working_time: this is 1e10"},
	}...)
}
