package contract_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest/body"
	"github.com/pertask/pertask/github/githubtest/contract"
)

const sha = "0123456789012345678901234567890123456789"

func exchange(method, path, body string, status int, answer string) contract.Exchange {
	p, q, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(q)
	if err != nil {
		panic(err)
	}
	x := contract.Exchange{
		Method: method, Path: p, Query: query, Header: http.Header{}, Body: []byte(body), Status: status,
		Answer: []byte(answer), AnswerHeader: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
	}
	if body != "" {
		x.Header.Set("Content-Type", "application/json")
	}
	return x
}

const reaction = `{"id":1,"node_id":"x","user":null,"content":"eyes","created_at":"2026-11-23T12:00:00Z"}`

func TestCheck(t *testing.T) {
	const refs, reactions = "/repos/a/b/git/refs/heads/x", "/repos/a/b/issues/comments/7/reactions"
	checkRun := func(rest string) string { return `{"name":"n","head_sha":"` + sha + `",` + rest + `}` }
	for _, tt := range []struct {
		name            string
		x               contract.Exchange
		request, answer string // what the first violation has; "" is none
	}{
		{"right", exchange("POST", reactions, `{"content":"eyes"}`, 201, reaction), "", ""},
		{"no such operation", exchange("PUT", reactions, `{}`, 200, `{}`), "no operation", ""},
		{"no such path", exchange("GET", "/teams/7", ``, 200, `{}`), "no operation", ""},
		{"value outside of the list", exchange("POST", reactions, `{"content":"thumbs"}`, 0, ""), "/content", ""},
		{"missing field", exchange("POST", reactions, `{}`, 0, ""), "content", ""},
		{"missing body", exchange("POST", reactions, ``, 0, ""), "required", ""},
		{"wrong type", exchange("POST", reactions, `{"content":7}`, 0, ""), "/content", ""},
		{"unknown field", exchange("POST", reactions, `{"content":"eyes","contents":"x"}`, 0, ""), `field "contents" is not known`, ""},
		{"unknown field deep inside", exchange("POST", "/repos/a/b/check-runs", checkRun(`"output":{"title":"t","summary":"s","annotations":[{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m","line":1}]}`), 0, ""),
			`body/output/annotations/0: field "line" is not known`, ""},
		{"label of 21 characters", exchange("POST", "/repos/a/b/check-runs", checkRun(`"actions":[{"label":"012345678901234567890","description":"d","identifier":"i"}]`), 0, ""), "actions/0/label", ""},
		{"summary of 65,536 characters", exchange("POST", "/repos/a/b/check-runs", checkRun(`"output":{"title":"t","summary":"`+strings.Repeat("x", 65_536)+`"}`), 0, ""), "output/summary", ""},
		{"51 annotations", exchange("POST", "/repos/a/b/check-runs", checkRun(`"output":{"title":"t","summary":"s","annotations":[`+strings.Repeat(`{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"},`, 50)+`{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}]}`), 0, ""), "output/annotations", ""},
		{"unknown parameter", exchange("GET", "/repos/a/b/issues/7/comments?sort=created", ``, 200, `[]`), `query parameter "sort" is not known`, ""},
		{"known parameters", exchange("GET", "/repos/a/b/issues/7/comments?per_page=100&page=2", ``, 200, `[]`), "", ""},
		{"parameter of another type", exchange("GET", "/repos/a/b/issues/7/comments?page=x", ``, 200, `[]`), "page", ""},
		{"parameter of a path", exchange("GET", "/repos/a/b/issues/x/comments", ``, 200, `[]`), "issue_number", ""},
		{"body where none is", exchange("GET", "/repos/a/b/issues/7/comments", `{}`, 200, `[]`), "body", ""},
		{"answer without a field", exchange("POST", reactions, `{"content":"eyes"}`, 201, `{"id":1}`), "", "node_id"},
		{"answer with an unknown field", exchange("POST", reactions, `{"content":"eyes"}`, 201, strings.Replace(reaction, "{", `{"nope":1,`, 1)), "", `field "nope" is not known`},
		{"answer of another kind", exchange("POST", reactions, `{"content":"eyes"}`, 201, `[]`), "", "body"},
		{"answer that is no JSON", exchange("POST", reactions, `{"content":"eyes"}`, 201, `<`), "", "body"},
		{"status that is not described", exchange("POST", reactions, `{"content":"eyes"}`, 204, ``), "", "204"},
		{"refusal that is not described", exchange("POST", reactions, `{"content":"eyes"}`, 403, `{"message":"no"}`), "", ""},
		{"refusal without a message", exchange("POST", reactions, `{"content":"eyes"}`, 403, `{}`), "", "needs a message"},
		{"error of a server", exchange("POST", reactions, `{"content":"eyes"}`, 502, `{"message":"Bad Gateway"}`), "", ""},
		{"not changed", changed(`"x"`, ""), "", ""},
		{"not changed, unasked", changed("", ""), "", "304"},
		{"not changed, with a body", changed(`"x"`, "{}"), "", "304"},
		{"branch with slashes", exchange("PATCH", refs+"/y/z", `{"sha":"`+sha+`","force":false}`, 0, ""), "", ""},
		{"comparison across a fork, of branches with slashes", exchange("GET", "/repos/a/b/compare/main...eve:x/y?per_page=1", ``, 0, ""), "", ""},
		{"the longer path is meant", exchange("GET", "/repos/a/b/commits/"+sha+"/pulls", ``, 200, `[]`), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := contract.Check(tt.x)
			has(t, "request", v.Request, tt.request)
			has(t, "answer", v.Answer, tt.answer)
		})
	}
}

func changed(etag, body string) contract.Exchange {
	x := exchange("GET", "/repos/a/b/git/ref/heads/x", "", 304, body)
	x.Header.Set("If-None-Match", etag)
	return x
}

// ranged lists runs of a range of time.
func ranged(created string) contract.Exchange {
	x := exchange("GET", "/repos/a/b/actions/workflows/w.yml/runs", "", 200, `{"total_count":0,"workflow_runs":[]}`)
	x.Query = url.Values{"created": {created}}
	return x
}

func has(t *testing.T, side string, got []string, want string) {
	t.Helper()
	if all := strings.Join(got, "\n"); (want == "") != (all == "") || !strings.Contains(all, want) {
		t.Errorf("%s: got %q, want %q", side, got, want)
	}
}

// TestKnownAlarms shows that each exception is needed, and no wider than it says.
func TestKnownAlarms(t *testing.T) {
	with := func(x contract.Exchange, key, value string) contract.Exchange { x.Header.Set(key, value); return x }
	token := `{"token":"x","expires_at":"2026-11-23T12:00:00Z"}`
	const tokens, blob, comment = "/app/installations/7/access_tokens", "/repos/a/b/git/blobs/" + sha, "/repos/a/b/issues/comments/7"
	raw := with(exchange("GET", blob, "", 200, "text"), "Accept", "application/vnd.github.raw")
	raw.AnswerHeader.Set("Content-Type", "application/vnd.github.raw; charset=utf-8")
	refusal := `{"message":"no","documentation_url":"x","status":"422"}`
	used := map[int]bool{}
	for _, tt := range []struct {
		name  string
		alarm int // number in the list; -1 is a violation
		x     contract.Exchange
	}{
		{"no body for a token", 0, exchange("POST", tokens, "null", 201, token)},
		{"another body for a token", -1, exchange("POST", tokens, "7", 201, token)},
		{"null for something else", -1, exchange("POST", comment+"/reactions", "null", 0, "")},
		{"status in a refusal", 1, exchange("PATCH", comment, `{"body":"x"}`, 422, refusal)},
		{"another field in a refusal", -1, exchange("PATCH", comment, `{"body":"x"}`, 422, strings.Replace(refusal, "status", "state", 1))},
		{"raw", 3, raw},
		{"the account of an installation", 4, exchange("GET", "/app/installations", "", 200, account(""))},
		{"the account of an installation without a login", -1, exchange("GET", "/app/installations", "", 200, account("login"))},
		{"runs since a time", 5, ranged(">=2026-11-23T12:00:00Z")},
		{"runs since something else", -1, ranged("yesterday")},
	} {
		v := contract.Check(tt.x)
		if got := append(v.Request, v.Answer...); (len(got) > 0) != (tt.alarm < 0) {
			t.Errorf("%s: got %q", tt.name, got)
		}
		if tt.alarm < 0 {
			continue
		}
		used[tt.alarm] = true
		old := contract.KnownAlarms
		contract.KnownAlarms = append(append(contract.KnownAlarms[:0:0], old[:tt.alarm]...), old[tt.alarm+1:]...)
		v = contract.Check(tt.x)
		contract.KnownAlarms = old
		if len(v.Request)+len(v.Answer) == 0 {
			t.Errorf("%s: the exception is not needed: %s", tt.name, old[tt.alarm].Why)
		}
	}
	used[2] = true // the head of a deleted fork: a whole pull request, see TestPull of package github
	if len(used) != len(contract.KnownAlarms) {
		t.Errorf("%d exceptions are tested, there are %d", len(used), len(contract.KnownAlarms))
	}
}

// account is a list of one installation, whose account lacks a field.
func account(without string) string {
	i := body.Installation{ID: 7, Account: "acme"}.JSON()
	delete(i, "client_id")
	delete(i["account"].(body.M), without)
	raw, err := json.Marshal([]any{i})
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func TestCheckQuery(t *testing.T) {
	const q = `{"query":"query($n:Int!){repository(owner:\"a\",name:\"b\"){pullRequest(number:$n){headRefOid comments(first:1){nodes{body}}}}}","variables":{"n":7}}`
	answer := func(pull string) string { return `{"data":{"repository":{"pullRequest":` + pull + `}}}` }
	plain := func(query string) string { return `{"query":"` + query + `"}` }
	for _, tt := range []struct{ name, body, answer, request, found string }{
		{"right", q, answer(`{"headRefOid":"` + sha + `","comments":{"nodes":[{"body":"x"},null]}}`), "", ""},
		{"unasked for answer", q, "", "", ""},
		{"no JSON", `<`, "", "not JSON", ""},
		{"unknown field", plain(`{nope}`), "", "Cannot query field", ""},
		{"unknown argument", plain(`{viewer(x:1){login}}`), "", "Unknown argument", ""},
		{"missing argument", plain(`{repository(owner:\"a\"){id}}`), "", "is required", ""},
		{"type of a variable", strings.Replace(q, "Int!", "String!", 1), "", "$n", ""},
		{"value of a variable", strings.Replace(q, `"n":7`, `"n":true`, 1), "", "variable.n", ""},
		{"two operations", plain(`query a{viewer{login}} query b{viewer{login}}`), "", "2 operations", ""},
		{"missing field in the answer", q, answer(`{"comments":{"nodes":[]}}`), "", `"headRefOid" is missing`},
		{"field that was not asked for", q, answer(`{"headRefOid":"x","comments":{"nodes":[]},"id":"x"}`), "", `"id" was not asked for`},
		{"null that cannot be", q, answer(`{"headRefOid":null,"comments":{"nodes":[]}}`), "", "never null"},
		{"null that is explained", q, `{"data":{"repository":{"pullRequest":{"headRefOid":null,"comments":{"nodes":[]}}}},"errors":[{"message":"x"}]}`, "", ""},
		{"wrong scalar", q, answer(`{"headRefOid":7,"comments":{"nodes":[]}}`), "", "no GitObjectID"},
		{"no list", q, answer(`{"headRefOid":"x","comments":{"nodes":{}}}`), "", "no list"},
		{"no object", q, answer(`{"headRefOid":"x","comments":[]}`), "", "no object"},
		{"neither data nor errors", q, `{}`, "", "neither"},
		{"errors only", q, `{"errors":[{"message":"x"}]}`, "", ""},
		{"error without words", q, `{"errors":[{}]}`, "", "no message"},
		{"answer that is no JSON", q, `<`, "", "not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var answer []byte
			if tt.answer != "" {
				answer = []byte(tt.answer)
			}
			v := contract.CheckQuery([]byte(tt.body), answer)
			has(t, "request", v.Request, tt.request)
			has(t, "answer", v.Answer, tt.found)
		})
	}
}

// TestScalars looks at the types that JSON does not tell apart.
func TestScalars(t *testing.T) {
	const q = `{"query":"{rateLimit{limit} repository(owner:\"a\",name:\"b\"){object(oid:\"x\"){... on Blob{isBinary}}}}"}`
	good := `{"data":{"rateLimit":{"limit":5000},"repository":{"object":{"isBinary":true}}}}`
	if v := contract.CheckQuery([]byte(q), []byte(good)); len(v.Request)+len(v.Answer) != 0 {
		t.Errorf("got %v", v)
	}
	if v := contract.CheckQuery([]byte(q), []byte(strings.Replace(good, `{"isBinary":true}`, `{}`, 1))); len(v.Answer) != 0 {
		t.Errorf("got %v of an object that is no blob", v)
	}
	for old, changed := range map[string]string{"5000": "5000000000", "true": `"true"`} {
		if v := contract.CheckQuery([]byte(q), []byte(strings.Replace(good, old, changed, 1))); len(v.Answer) != 1 {
			t.Errorf("%s: got %v, want one violation", changed, v)
		}
	}
}

func TestVerdictIsTheSameEachTime(t *testing.T) {
	x := exchange("POST", "/repos/a/b/check-runs?b=1&a=1", `{"z":1,"y":2,"output":{}}`, 201, `{"q":1,"p":2}`)
	first := contract.Check(x)
	for range 20 {
		if diff := cmp.Diff(contract.Check(x), first); diff != "" {
			t.Fatalf("got-want:\n%s", diff)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	file := `{"filename":"a","status":"added","sha":"` + sha + `","additions":1,"deletions":0,"changes":1,"blob_url":"https://x.example","raw_url":"https://x.example","contents_url":"https://x.example"}`
	for name, x := range map[string]contract.Exchange{
		"reaction":  exchange("POST", "/repos/a/b/issues/comments/7/reactions", `{"content":"eyes"}`, 201, reaction),
		"100 files": exchange("GET", "/repos/a/b/pulls/7/files?per_page=100", "", 200, "["+strings.Repeat(file+",", 99)+file+"]"),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if v := contract.Check(x); len(v.Request)+len(v.Answer) > 0 {
					b.Fatal(v)
				}
			}
		})
	}
}
