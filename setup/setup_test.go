package setup_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/setup"
	"github.com/pertask/pertask/suite"
)

var pin = setup.Pin{SHA: strings.Repeat("0123456789", 4), Version: "v1.2.3"}

// repository reads the tree of a scenario.
func repository(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, f := range a.Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
	}
	return tree
}

func plan(t *testing.T, in setup.Input) *setup.Plan {
	t.Helper()
	p, err := setup.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// after is a tree with the files of a plan in it that are not left alone.
func after(tree fstest.MapFS, p *setup.Plan) fstest.MapFS {
	out := fstest.MapFS{}
	for name, f := range tree {
		out[name] = f
	}
	for _, f := range p.Files {
		if !f.Exists {
			out[f.Path] = &fstest.MapFile{Data: []byte(f.Content), Mode: 0o644}
		}
	}
	return out
}

// show is a plan as text: a repository in, files out.
func show(p *setup.Plan) string {
	var b strings.Builder
	for _, part := range []struct {
		name  string
		lines []string
	}{{"found", p.Found}, {"next", p.Next}, {"secret", p.Secrets}} {
		for _, line := range part.lines {
			fmt.Fprintf(&b, "%s: %s\n", part.name, line)
		}
	}
	a := &txtar.Archive{Comment: []byte(b.String())}
	for _, f := range p.Files {
		name := f.Path
		if f.Exists {
			name += " (is there)"
		}
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(f.Content)})
	}
	return string(txtar.Format(a))
}

var scenarios = []string{"codex", "claude-code", "litellm", "nothing", "everything", "several"}

func TestPlans(t *testing.T) {
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, "testdata/"+name+".golden", show(plan(t, setup.Input{Tree: repository(t, name), Branch: "trunk", Pin: pin, Store: name == "codex"})))
		})
	}
}

// Where no slot is the one that trials run with, the configuration names one, and a person is told.
func TestNoMainSlot(t *testing.T) {
	list := &fstest.MapFile{Data: []byte("model_list:\n  - {model_name: the writer, litellm_params: {model: openai/gpt-5.4}}\n")}
	codex := &fstest.MapFile{Data: []byte("model = \"gpt-5.4\"\n")}
	for _, tt := range []struct {
		name       string
		tree       fstest.MapFS
		conf, next string
	}{
		{"a list", fstest.MapFS{"litellm_config.yaml": list}, "models:\n  - path: litellm_config.yaml\n    element: \"the writer\"\n", `See that "the writer" of litellm_config.yaml is the model to measure`},
		{"another program's file", fstest.MapFS{"x": list}, "# models:\n", ""},
		{"an agent besides, whose file would not be watched any more", fstest.MapFS{"litellm_config.yaml": list, ".codex/config.toml": codex}, "# Watched by their names: ", `Say which element of litellm_config.yaml is measured, such as "the writer", by element`},
		{"a main one", fstest.MapFS{"litellm_config.yaml": {Data: []byte(strings.Replace(string(list.Data), "the writer", "main", 1))}}, "# Watched by their names: ", ""},
	} {
		p := plan(t, setup.Input{Tree: tt.tree})
		next := strings.Join(p.Next, "\n")
		if !strings.Contains(p.Files[0].Content, tt.conf) || !strings.Contains(next, tt.next) || strings.Contains(next, " element") != (tt.next != "") {
			t.Errorf("%s:\n%s\n%s", tt.name, p.Files[0].Content, next)
		}
		c, err := config.Load(fstest.MapFS{config.Path: {Data: []byte(p.Files[0].Content)}}, config.Path)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if len(c.Watches) > 0 {
			if a, err := arm.Read(tt.tree, c.Watches); err != nil || a.Model() != "gpt-5.4" {
				t.Errorf("%s: %+v, %v", tt.name, a, err)
			}
		}
	}
}

// docs/setup.md names every file that init writes and every option of both commands.
func TestDocs(t *testing.T) {
	docs, err := os.ReadFile("../docs/setup.md")
	if err != nil {
		t.Fatal(err)
	}
	help, err := os.ReadFile("../cmd/pertask/testdata/help.txt")
	if err != nil {
		t.Fatal(err)
	}
	words := []string{setup.WorkflowPath, setup.StorePath, config.Path, "evals/suite.yaml", "PERTASK_JOURNAL"}
	for _, name := range []string{"init", "doctor"} {
		_, page, _ := strings.Cut(string(help), "$ pertask help "+name+"\n")
		page, _, _ = strings.Cut(page, "\n$ ")
		_, page, _ = strings.Cut(page, "\nOptions:")
		options := regexp.MustCompile("(?m)^  (--[a-z-]+)").FindAllStringSubmatch(page, -1)
		if len(options) < 4 {
			t.Errorf("%s: options %q", name, options)
		}
		for _, o := range options {
			words = append(words, o[1])
		}
	}
	for _, w := range words {
		if !strings.Contains(string(docs), "`"+w) && !strings.Contains(string(docs), " ["+w) {
			t.Errorf("docs/setup.md does not name %s", w)
		}
	}
}

// What is written can be used: the configuration and the suites load, the policy can conclude, and a second init has
// nothing to do.
func TestWhatIsWrittenLoads(t *testing.T) {
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			in := setup.Input{Tree: repository(t, name), Pin: pin, Store: true}
			tree := after(repository(t, name), plan(t, in))
			c, err := config.Load(tree, config.Path)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Suites) == 0 {
				t.Error("no suite is configured")
			}
			for _, s := range c.Suites {
				su, err := suite.Load(tree, s.Path)
				if err != nil {
					t.Fatal(err)
				}
				if name != "everything" {
					if p, err := c.Plan(s.Path, len(su.Tasks)); err != nil || len(p.Looks) == 0 || len(su.Tasks) != 3 {
						t.Errorf("%d tasks, looks %v: %v", len(su.Tasks), p.Looks, err)
					}
				}
			}
			in.Tree = tree
			for _, f := range plan(t, in).Files {
				if !f.Exists {
					t.Errorf("a second time %s would be written", f.Path)
				}
			}
		})
	}
}

func TestActionlint(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, name := range scenarios {
		for i, in := range []setup.Input{{Pin: pin, Store: true, Branch: "main"}, {}, {Pin: setup.Pin{Version: "v1.2.3"}}} {
			in.Tree = repository(t, name)
			for _, f := range plan(t, in).Files {
				if !strings.Contains(f.Path, "workflows/") {
					continue
				}
				file := filepath.Join(dir, fmt.Sprintf("%s%d-%s", name, i, path.Base(f.Path)))
				if err := os.WriteFile(file, []byte(f.Content), 0o644); err != nil {
					t.Fatal(err)
				}
				files = append(files, file)
			}
		}
	}
	if len(files) < 12 {
		t.Fatalf("%d workflows", len(files))
	}
	if out, err := exec.Command("go", append([]string{"tool", "actionlint", "-shellcheck=", "-pyflakes="}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The graders of the starter tasks run, accept work that is right and refuse a workspace that nothing was done in.
func TestStarterGraders(t *testing.T) {
	tree := repository(t, "codex")
	tree = after(tree, plan(t, setup.Input{Tree: tree}))
	su, err := suite.Load(tree, "evals/suite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	right := map[string]string{
		"starter-sort-numbers": "sort -n numbers.txt > sorted.txt",
		"starter-fix-script":   `printf 'echo "hello, $1"\n' > greet.sh`,
		"starter-count-errors": "grep -c ^ERROR app.log > count.txt",
	}
	for _, task := range su.Tasks {
		sh := func(dir, line string) error {
			cmd := exec.Command("sh", "-c", line)
			cmd.Dir = dir
			return cmd.Run()
		}
		dir := t.TempDir()
		if err := sh(dir, task.Setup); err != nil {
			t.Fatalf("%s: %v", task.ID, err)
		}
		err := sh(dir, task.Grade.Value)
		if exit := (*exec.ExitError)(nil); err == nil || !asExit(err, &exit) || exit.ExitCode() > 2 {
			t.Errorf("%s: nothing was done, and the grader says %v", task.ID, err)
		}
		if err := sh(dir, right[task.ID]); err != nil {
			t.Fatalf("%s: %v", task.ID, err)
		}
		if err := sh(dir, task.Grade.Value); err != nil {
			t.Errorf("%s: the work is done, and the grader says %v", task.ID, err)
		}
	}
}

func asExit(err error, to **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*to = e
	return ok
}

func TestStarterPrompts(t *testing.T) {
	tree := repository(t, "nothing")
	su, err := suite.Load(after(tree, plan(t, setup.Input{Tree: tree})), "evals/suite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string][2]string{ // right, wrong
		"starter-route-ticket": {"billing\n", "support"},
		"starter-extract-json": {`{"order": 4711, "parcels": 2}`, `{"order": 4711}`},
		"starter-add-up":       {" 641.\n", "648"},
	}
	for _, task := range su.Tasks {
		for i, want := range []bool{true, false} {
			if got, err := task.Grade.Accept([]byte(answers[task.ID][i])); err != nil || got != want {
				t.Errorf("%s: %q is %v, %v; want %v", task.ID, answers[task.ID][i], got, err, want)
			}
		}
	}
}

// The versions that are installed are those of docs/agents.md.
func TestVersionsOfTheDocs(t *testing.T) {
	docs, err := os.ReadFile("../docs/agents.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(docs), "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| `([^`]+)` \\| ([^ ]+)").FindAllStringSubmatch(table, -1)
	var names []string
	for _, row := range rows {
		names = append(names, row[1])
		want := "npm install --global " + row[2]
		if row[3] != "not" {
			want += "@" + row[3]
		}
		file := map[string]string{"claude-code": ".claude/settings.json", "codex": ".codex/config.toml", "copilot": ".github/copilot/settings.json",
			"crush": "crush.json", "gemini": ".gemini/settings.json", "opencode": "opencode.json", "pi": ".pi/settings.json", "qwen": ".qwen/settings.json"}[row[1]]
		if file == "" {
			continue // it has no file in a repository
		}
		tree := fstest.MapFS{file: {Data: []byte(map[bool]string{true: "model = 'x'\n", false: "{}"}[row[1] == "codex"])}}
		for _, f := range plan(t, setup.Input{Tree: tree}).Files {
			if f.Path == setup.WorkflowPath && !strings.Contains(f.Content, want+"\n") {
				t.Errorf("%s: the workflow lacks %q", row[1], want)
			}
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, suite.Agents()) {
		t.Errorf("docs/agents.md has %q, package suite %q", names, suite.Agents())
	}
}

// A suite that is there says itself which versions are installed.
func TestVersionsOfTheSuite(t *testing.T) {
	tree := fstest.MapFS{
		".github/pertask.yml": {Data: []byte("version: 1\nsuite: s.yaml\n")},
		"s.yaml": {Data: []byte("name: s\nharness: codex\nversions: {codex: 0.1.2}\n" +
			"tasks: [{id: a, prompt: x, grade: 'true'}, {id: b, harness: cline, prompt: x, grade: 'true'}, {id: c, harness: prompt, prompt: x, grade: {equals: x}}]\n")},
	}
	for _, f := range plan(t, setup.Input{Tree: tree}).Files {
		if f.Path == setup.WorkflowPath && (strings.Count(f.Content, "npm install") != 2 || !strings.Contains(f.Content, "--global cline\n") || !strings.Contains(f.Content, "--global @openai/codex@0.1.2\n")) {
			t.Errorf("%s", f.Content)
		}
	}
}

func TestTestCommand(t *testing.T) {
	for _, tt := range []struct{ file, text, want string }{
		{"Cargo.toml", "", "cargo test"},
		{"package.json", `{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}`, ""},
		{"package.json", `{"scripts": {"test": 5}}`, ""},
		{"pytest.ini", "", "python -m pytest -q"},
		{"Makefile", "tests:\n", ""},
		{"Makefile", "test:\n", "make test"},
	} {
		p := plan(t, setup.Input{Tree: fstest.MapFS{tt.file: {Data: []byte(tt.text)}}})
		if got := strings.Contains(strings.Join(p.Found, "\n"), "`"+tt.want+"`"); got != (tt.want != "") {
			t.Errorf("%s %q: %q", tt.file, tt.text, p.Found)
		}
	}
}

// Nothing that a repository says gets out of its place in what is written.
func TestHostileRepository(t *testing.T) {
	tree := fstest.MapFS{".codex/config.toml": {Data: []byte("model = \"x\\n::error::y\\u001b[31m\"\nmodel_provider = \"a\\nenv: b\"\n")}}
	p := plan(t, setup.Input{Tree: tree, Branch: "x\"]\non: push"})
	for _, line := range append(p.Found, p.Next...) {
		if strings.ContainsAny(line, "\n\x1b") {
			t.Errorf("%q", line)
		}
	}
	for _, f := range p.Files {
		if strings.Contains(f.Content, "::error") || strings.Contains(f.Content, "on: push") {
			t.Errorf("%s:\n%s", f.Path, f.Content)
		}
	}
}

func TestTreesThatCannotBeRead(t *testing.T) {
	for name, tree := range map[string]fs.FS{"none": nil, "a broken one": broken{}} {
		if _, err := setup.New(setup.Input{Tree: tree}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type broken struct{}

func (broken) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

// A link counts as something that is there, wherever it leads.
func TestLinksAreLeftAlone(t *testing.T) {
	tree := fstest.MapFS{config.Path: {Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink}}
	for _, f := range plan(t, setup.Input{Tree: tree}).Files {
		if f.Exists != (f.Path == config.Path) {
			t.Errorf("%s: is there: %v", f.Path, f.Exists)
		}
	}
}
