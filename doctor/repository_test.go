package doctor_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/github/repository"
)

const goodSuite = `name: ours
harness: codex
versions: {codex: 0.169.0}
tasks:
  - {id: a, prompt: Make a file x., grade: test -f x}
  - {id: b, prompt: Make a file y., grade: test -f y}
  - {id: c, prompt: Make a file z., grade: test -f z}
`

// files is a repository in which nothing is wrong, with changes; a file without a text is taken away.
func files(changes map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	for name, text := range map[string]string{
		".github/pertask.yml": "version: 1\nsuite: evals/suite.yaml\n", "evals/suite.yaml": goodSuite,
		".codex/config.toml": "model = \"gpt-5.4\"\n", ".github/workflows/pertask.yml": good,
	} {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range changes {
		if tree[name] = (&fstest.MapFile{Data: []byte(text)}); text == "" {
			delete(tree, name)
		}
	}
	return tree
}

func TestGoodRepository(t *testing.T) {
	x := doctor.Examine(doctor.Repository{Tree: files(nil), Base: files(nil), Branch: "main"})
	if got := lines(x.Findings); got != "" || strings.Join(x.Keys, " ") != "OPENAI_API_KEY" || strings.Join(x.Agents(), " ") != "codex" || len(x.Suites) != 1 || len(x.Workflows) != 1 {
		t.Errorf("keys %q, agents %q, %d suites, %d workflows\n%s", x.Keys, x.Agents(), len(x.Suites), len(x.Workflows), got)
	}
}

func TestMistakesInRepositories(t *testing.T) {
	const conf, su, flow = ".github/pertask.yml", "evals/suite.yaml", ".github/workflows/pertask.yml"
	for _, tt := range []struct {
		name    string
		changes map[string]string
		want    string
	}{
		{"no configuration", map[string]string{conf: ""}, "warning: .github/pertask.yml: there is no configuration"},
		{"a key that does not exist", map[string]string{conf: "version: 1\nsuit: evals/suite.yaml\n"}, "error: .github/pertask.yml:2:1: "},
		{"no suite", map[string]string{conf: "version: 1\n"}, "warning: .github/pertask.yml: no suite is configured"},
		{"a suite that is not there", map[string]string{su: ""}, "error: evals/suite.yaml: "},
		{"a suite that cannot be loaded", map[string]string{su: strings.Replace(goodSuite, "harness: codex", "harness: codec", 1)}, "error: evals/suite.yaml:2:10: "},
		{"a policy that cannot conclude", map[string]string{conf: "version: 1\nsuite: evals/suite.yaml\nrun: {max_trials: 2}\n"}, "error: .github/pertask.yml:3:"},
		{"an agent without a pin", map[string]string{su: strings.Replace(goodSuite, "versions: {codex: 0.169.0}\n", "", 1)}, "warning: evals/suite.yaml: the suite does not pin the version of codex"},
		{"a starter task", map[string]string{su: strings.Replace(goodSuite, "id: b", "id: starter-b", 1)}, "warning: evals/suite.yaml:6:1: 1 tasks are the starter's"},
		{"no A/A run", map[string]string{conf: "version: 1\nsuite: evals/suite.yaml\nverdict: {mode: block}\n"}, "warning: evals/suite.yaml: "},
		{"no settings", map[string]string{".codex/config.toml": ""}, "warning: .github/pertask.yml: no model setting is found"},
		{"settings that cannot be read", map[string]string{".codex/config.toml": "model = \n"}, "error: .codex/config.toml:1:"},
		{"a model that nobody knows", map[string]string{".codex/config.toml": "model = \"mystery-1\"\n"}, "warning: .github/pertask.yml: suite ours: "},
		{"settings that cannot be read, without a suite", map[string]string{".codex/config.toml": "model = \n", conf: "version: 1\n"}, "error: .codex/config.toml:1:"},
		{"settings of another agent", map[string]string{".codex/config.toml": "", ".claude/settings.json": "{\"model\": \"claude-sonnet-5\"}"}, "warning: evals/suite.yaml: no model setting is found in the files of the agents"},
		{"a list of models without a main one", map[string]string{".codex/config.toml": "", "litellm_config.yaml": "model_list:\n  - {model_name: fast, litellm_params: {model: openai/gpt-5.4}}\n", su: strings.Replace(strings.Replace(goodSuite, "codex", "prompt", 1), "versions: {codex: 0.169.0}\n", "", 1)},
			"error: litellm_config.yaml:2:48: no model here is in the slot \"main\", which trials run with: there are \"fast\"; name one by element"},
		{"no workflow", map[string]string{flow: ""}, "error: .github/workflows: no workflow runs pertask on pull requests"},
		{"two workflows", map[string]string{".github/workflows/more.yaml": good}, "warning: .github/workflows: several workflows"},
		{"a workflow that cannot be read", map[string]string{flow: "x: &a 1\n" + good}, "warning: .github/workflows/pertask.yml:1:4: the workflow's shape was not looked at"},
		{"the key of another provider", map[string]string{flow: strings.ReplaceAll(good, "OPENAI_API_KEY", "XAI_API_KEY")}, "warning: .github/workflows/pertask.yml:14:9: the step has no OPENAI_API_KEY"},
		{"a name that is taken", map[string]string{conf: "version: 1\nsuite: evals/suite.yaml\nrun: {check_name: cost-per-task}\n"}, "error: .github/workflows/pertask.yml:11:3: the job has the name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := lines(doctor.Examine(doctor.Repository{Tree: files(tt.changes)}).Findings); !strings.Contains(got, tt.want) {
				t.Errorf("got:\n%swant: %s", got, tt.want)
			}
		})
	}
	if x := doctor.Examine(doctor.Repository{}); !doctor.Failed(x.Findings) {
		t.Error("nothing is wrong with no repository")
	}
}

// What is wrong with a settings file is said once, however many suites read it.
func TestSettingsOfSeveralSuites(t *testing.T) {
	x := doctor.Examine(doctor.Repository{Tree: files(map[string]string{".codex/config.toml": "model = \n", "evals/more.yaml": strings.Replace(goodSuite, "ours", "more", 1),
		".github/pertask.yml": "version: 1\nsuites: [{name: a, path: evals/suite.yaml}, {name: b, path: evals/more.yaml}]\n"})})
	if got := lines(x.Findings); strings.Count(got, ".codex/config.toml") != 1 {
		t.Errorf("%s", got)
	}
}

func TestSettingsThatAreFound(t *testing.T) {
	x := doctor.Examine(doctor.Repository{Tree: files(map[string]string{".claude/settings.json": "{\"model\": \"claude-sonnet-5\"}"})})
	var got []string
	for _, s := range x.Settings {
		got = append(got, s.Name()+" "+s.Value)
	}
	if strings.Join(got, ", ") != "claude-code.model claude-sonnet-5, codex.model gpt-5.4" {
		t.Errorf("%q", got)
	}
}

// A configuration in another place is looked at there, and named by that place.
func TestAnotherConfiguration(t *testing.T) {
	tree := files(map[string]string{".github/pertask.yml": "version: 2\n", "ci/cost.yml": "version: 1\nsuite: evals/suite.yaml\nrun: {max_trials: 2}\n"})
	got := lines(doctor.Examine(doctor.Repository{Tree: tree, Config: "ci/cost.yml"}).Findings)
	if !strings.HasPrefix(got, "error: ci/cost.yml:3:") || strings.Contains(got, ".github/pertask.yml:") {
		t.Errorf("%s", got)
	}
}

func TestWhatIsNotAtTheBase(t *testing.T) {
	for name, tt := range map[string]struct {
		base map[string]string
		want string
	}{
		"the configuration": {map[string]string{".github/pertask.yml": ""}, "warning: .github/pertask.yml: what is here is not in main"},
		"another suite":     {map[string]string{"evals/suite.yaml": "x"}, "warning: evals/suite.yaml: what is here differs from main"},
	} {
		got := lines(doctor.Examine(doctor.Repository{Tree: files(nil), Base: files(tt.base), Branch: "main"}).Findings)
		if !strings.HasPrefix(got, tt.want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestMachine(t *testing.T) {
	with := func(sandbox string) *doctor.Examination {
		return doctor.Examine(doctor.Repository{Tree: files(map[string]string{".github/pertask.yml": "version: 1\nsuite: evals/suite.yaml\nrun: {sandbox: " + sandbox + "}\n"})})
	}
	fine := doctor.Machine{Keys: []string{"OPENAI_API_KEY"}, Versions: map[string]string{"codex": "0.169.0"}}
	if got := lines(with("auto").Machine(fine)); got != "" {
		t.Errorf("%s", got)
	}
	bad := doctor.Machine{Versions: map[string]string{"codex": "0.1.0"}, NoSandbox: "no sandbox works on this machine"}
	for sandbox, want := range map[string]string{"auto": "warning: no sandbox works", "required": "error: run.sandbox is required", "none": ""} {
		got := lines(with(sandbox).Machine(bad))
		if !strings.Contains(got, want) || strings.Contains(got, "sandbox") != (want != "") || !strings.Contains(got, "there is no OPENAI_API_KEY in the environment") ||
			!strings.Contains(got, "the suite pins codex 0.169.0, and 0.1.0 is installed") {
			t.Errorf("%s:\n%s", sandbox, got)
		}
	}
	if got := lines(with("auto").Machine(doctor.Machine{Missing: map[string]string{"codex": "codex is not in PATH"}})); !strings.Contains(got, "warning: evals/suite.yaml: codex is not in PATH\n") {
		t.Errorf("%s", got)
	}
}

func TestServer(t *testing.T) {
	block := map[string]string{".github/pertask.yml": "version: 1\nsuite: evals/suite.yaml\nverdict: {mode: block}\n"}
	required := func(app int64, names ...string) (r repository.Rules) {
		for _, n := range names {
			r.Required = append(r.Required, repository.Check{Name: n, App: app})
		}
		return r
	}
	for _, tt := range []struct {
		name    string
		changes map[string]string
		s       doctor.Server
		want    string
	}{
		{"nothing is required", nil, doctor.Server{}, ""},
		{"the check is required", block, doctor.Server{Rules: required(15368, "build", "pertask")},
			"warning: main requires the check run \"pertask\", which the tokens of pull requests of forks and of Dependabot cannot make: it never comes there until a person with write access comments /pertask run; require the workflow's job \"cost-per-task\" in its place, which always comes\n"},
		{"the check of a private repository is required", block, doctor.Server{Rules: required(0, "pertask"), Repository: repository.Repository{Private: true}},
			"warning: main requires the check run \"pertask\", which the tokens of pull requests of Dependabot cannot make"},
		{"the check is required, and nobody can ask for it", map[string]string{".github/workflows/pertask.yml": strings.Replace(good, "  issue_comment: {types: [created]}\n", "", 1)}, doctor.Server{Rules: required(0, "pertask")},
			"error: main requires the check run \"pertask\", which the tokens of pull requests of forks and of Dependabot cannot make: it never comes there, since no workflow starts on issue_comment; "},
		{"the check is required, and the App makes it", map[string]string{".github/workflows/pertask.yml": ""}, doctor.Server{Rules: required(0, "pertask")}, ""},
		{"the rules could not be read", block, doctor.Server{NoRules: true, Lacks: []doctor.Lack{{Permission: "contents: read", What: "read the rules of main"}}},
			"error: the token lacks contents: read: it may not read the rules of main; give it contents: read\n"},
		{"no check runs may be read", nil, doctor.Server{Lacks: []doctor.Lack{{Permission: "checks: read", What: "list check runs"}}},
			"warning: the token lacks checks: read: it may not list check runs; give it checks: read; the token of the workflow needs checks: write, for its check run\n"},
		{"the job is required", block, doctor.Server{Rules: required(0, "cost-per-task")}, ""},
		{"nothing blocks", block, doctor.Server{Rules: required(0, "build")}, "warning: verdict.mode is block, and main does not require \"pertask\""},
		{"another source", nil, doctor.Server{Rules: required(7, "pertask")}, "error: main requires \"pertask\" from App 7"},
		{"another name", nil, doctor.Server{Rules: required(0, "Pertask / cost")}, "error: main requires \"Pertask / cost\", which never comes"},
		{"a merge queue", nil, doctor.Server{Rules: repository.Rules{MergeQueue: true}}, ""},
		{"a merge queue without the event", map[string]string{".github/workflows/pertask.yml": strings.Replace(good, "  merge_group:\n", "", 1)},
			doctor.Server{Rules: repository.Rules{MergeQueue: true}}, "error: .github/workflows/pertask.yml:1:1: main has a merge queue"},
		{"an archive", nil, doctor.Server{Repository: repository.Repository{Archived: true}}, "error: the repository is archived"},
		{"not there yet", nil, doctor.Server{Absent: []string{".github/pertask.yml"}}, "warning: .github/pertask.yml: it is not on main at GitHub"},
	} {
		tt.s.Repository.DefaultBranch = "main"
		got := lines(doctor.Examine(doctor.Repository{Tree: files(tt.changes)}).Server(tt.s))
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
