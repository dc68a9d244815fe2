package gitdata_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/github/githubtest/gitdata"
	"github.com/pertask/pertask/github/githubtest/gitstore"
)

// world has main with two commits on it, and a commit beside it.
func world() (d gitdata.DB, first, second, beside string) {
	d = gitdata.DB{Git: gitstore.New(), Branches: map[string]string{}, URL: "https://api.github.example/repos/a/b"}
	first = d.Git.Commit(nil, gitstore.Text(map[string]string{"dir/a": "1", "b": "2"}), "first")
	second = d.Git.Commit([]string{first}, gitstore.Text(map[string]string{"dir/a": "1"}), "second")
	beside = d.Git.Commit([]string{first}, gitstore.Text(map[string]string{"c": "3"}), "beside")
	d.Branches["main"] = second
	return d, first, second, beside
}

func TestRefs(t *testing.T) {
	none := strings.Repeat("ab", 20)
	for _, tt := range []struct {
		name   string
		do     func(d gitdata.DB, first, second, beside string) gitdata.Answer
		status int
		text   string
		main   string // where main is then: first, second or beside
	}{
		{"read", func(d gitdata.DB, _, _, _ string) gitdata.Answer { return d.Ref("heads/main") }, 200, "", "second"},
		{"read nothing", func(d gitdata.DB, _, _, _ string) gitdata.Answer { return d.Ref("heads/no") }, 404, "Not Found", "second"},
		{"read a tag", func(d gitdata.DB, _, _, _ string) gitdata.Answer { return d.Ref("main") }, 404, "Not Found", "second"},
		{"make", func(d gitdata.DB, first, _, _ string) gitdata.Answer {
			return d.CreateRef([]byte(`{"ref":"refs/heads/x/y","sha":"` + first + `"}`))
		}, 201, "", "second"},
		{"make again", func(d gitdata.DB, first, _, _ string) gitdata.Answer {
			return d.CreateRef([]byte(`{"ref":"refs/heads/main","sha":"` + first + `"}`))
		}, 422, "already exists", "second"},
		{"make at nothing", func(d gitdata.DB, _, _, _ string) gitdata.Answer {
			return d.CreateRef([]byte(`{"ref":"refs/heads/x","sha":"` + none + `"}`))
		}, 422, "Object does not exist", "second"},
		{"make without refs/", func(d gitdata.DB, first, _, _ string) gitdata.Answer {
			return d.CreateRef([]byte(`{"ref":"heads/x","sha":"` + first + `"}`))
		}, 422, "must start with", "second"},
		{"forward", func(d gitdata.DB, first, second, _ string) gitdata.Answer {
			d.Branches["main"] = first
			return d.UpdateRef("heads/main", []byte(`{"sha":"`+second+`"}`))
		}, 200, "", "second"},
		{"sideways", func(d gitdata.DB, _, _, beside string) gitdata.Answer {
			return d.UpdateRef("heads/main", []byte(`{"sha":"`+beside+`"}`))
		}, 422, "Update is not a fast forward", "second"},
		{"back", func(d gitdata.DB, first, _, _ string) gitdata.Answer {
			return d.UpdateRef("heads/main", []byte(`{"sha":"`+first+`"}`))
		}, 422, "Update is not a fast forward", "second"},
		{"sideways by force", func(d gitdata.DB, _, _, beside string) gitdata.Answer {
			return d.UpdateRef("heads/main", []byte(`{"sha":"`+beside+`","force":true}`))
		}, 200, "", "beside"},
		{"move nothing", func(d gitdata.DB, first, _, _ string) gitdata.Answer {
			return d.UpdateRef("heads/no", []byte(`{"sha":"`+first+`"}`))
		}, 422, "Reference does not exist", "second"},
		{"move to nothing", func(d gitdata.DB, _, _, _ string) gitdata.Answer {
			return d.UpdateRef("heads/main", []byte(`{"sha":"`+none+`"}`))
		}, 422, "Object does not exist", "second"},
		{"no JSON", func(d gitdata.DB, _, _, _ string) gitdata.Answer { return d.UpdateRef("heads/main", []byte(`{`)) }, 400, "JSON", "second"},
		{"no JSON to make", func(d gitdata.DB, _, _, _ string) gitdata.Answer { return d.CreateRef([]byte(`{`)) }, 400, "JSON", "second"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, first, second, beside := world()
			got := tt.do(d, first, second, beside)
			if got.Status != tt.status || !strings.Contains(got.Message, tt.text) || (got.Body == nil) != (got.Status >= 400) {
				t.Errorf("got %+v, want %d %q", got, tt.status, tt.text)
			}
			if at := map[string]string{"first": first, "second": second, "beside": beside}[tt.main]; d.Branches["main"] != at {
				t.Errorf("main is at %s, want %s", d.Branches["main"], tt.main)
			}
		})
	}
	empty := gitdata.DB{Git: gitstore.New(), Branches: map[string]string{}}
	if got := empty.Ref("heads/main"); got.Status != 409 {
		t.Errorf("got %+v of an empty repository", got)
	}
}

func sha(t *testing.T, a gitdata.Answer) string {
	t.Helper()
	if a.Status != 201 {
		t.Fatalf("got %+v, want 201", a)
	}
	return a.Body.(map[string]any)["sha"].(string)
}

func TestTreesAndCommits(t *testing.T) {
	d, first, _, _ := world()
	base, _, _ := d.Git.Tree(first)
	blob, _ := d.Git.At(first, "b")
	tree := sha(t, d.CreateTree([]byte(`{"base_tree":"`+base+`","tree":[
		{"path":"dir/new/x","mode":"100644","type":"blob","content":"4"},
		{"path":"copy","mode":"100755","type":"blob","sha":"`+blob.SHA+`"},
		{"path":"b","mode":"100644","type":"blob","sha":null}]}`)))
	made := sha(t, d.CreateCommit([]byte(`{"message":"third","tree":"`+tree+`","parents":["`+first+`"]}`)))
	want := d.Git.Commit([]string{first}, map[string]gitstore.File{
		"dir/a": {Content: "1"}, "dir/new/x": {Content: "4"}, "copy": {Content: "2", Mode: gitstore.Executable},
	}, "third")
	if made != want {
		t.Errorf("got commit %s, want %s, which has the same files", made, want)
	}
	got := d.Commit(made)
	body, _ := got.Body.(map[string]any)
	if got.Status != 200 || body["message"] != "third" || body["tree"].(map[string]any)["sha"] != tree {
		t.Errorf("got %+v", got)
	}
	orphan := sha(t, d.CreateCommit([]byte(`{"message":"alone","tree":"`+tree+`"}`)))
	if d.Git.Ancestors(orphan)[first] {
		t.Error("a commit without parents has ancestors")
	}
}

func TestRefusals(t *testing.T) {
	d, first, _, _ := world()
	tree := func(base, entry string) gitdata.Answer {
		return d.CreateTree([]byte(`{"base_tree":"` + base + `","tree":[` + entry + `]}`))
	}
	const good = `{"path":"x","mode":"100644","type":"blob","content":"x"}`
	none := strings.Repeat("ab", 20)
	for name, tt := range map[string]struct {
		got    gitdata.Answer
		status int
		text   string
	}{
		"no entries":            {tree("", ""), 422, "Invalid tree info"},
		"base is a commit":      {tree(first, good), 422, "base_tree"},
		"base is nothing":       {tree(none, good), 422, "base_tree"},
		"mode":                  {tree("", `{"path":"x","mode":"777","type":"blob","content":"x"}`), 422, "malformed"},
		"absolute path":         {tree("", `{"path":"/x","mode":"100644","type":"blob","content":"x"}`), 422, "malformed"},
		"both":                  {tree("", `{"path":"x","mode":"100644","type":"blob","content":"x","sha":"`+none+`"}`), 422, "not both"},
		"no such blob":          {tree("", `{"path":"x","mode":"100644","type":"blob","sha":"`+none+`"}`), 422, "not a valid blob"},
		"tree no JSON":          {d.CreateTree([]byte(`{`)), 400, "JSON"},
		"commit no JSON":        {d.CreateCommit([]byte(`{`)), 400, "JSON"},
		"commit of nothing":     {d.CreateCommit([]byte(`{"message":"m","tree":"` + none + `"}`)), 422, "does not exist"},
		"commit without a text": {d.CreateCommit([]byte(`{"tree":"` + none + `"}`)), 422, "weren't supplied"},
		"commit on nothing":     {d.CreateCommit([]byte(`{"message":"m","tree":"` + treeID(d, first) + `","parents":["` + none + `"]}`)), 422, "does not exist"},
		"no such commit":        {d.Commit(none), 404, "Not Found"},
	} {
		if tt.got.Status != tt.status || !strings.Contains(tt.got.Message, tt.text) {
			t.Errorf("%s: got %+v, want %d %q", name, tt.got, tt.status, tt.text)
		}
	}
}

func treeID(d gitdata.DB, commit string) string {
	id, _, _ := d.Git.Tree(commit)
	return id
}
