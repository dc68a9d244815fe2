// Package contract holds what crosses the wire against what GitHub publishes: its OpenAPI description, pruned to
// the operations in use, and an excerpt of its schema of GraphQL.
//
// It knows the two documents, what they do not say (unknown parameters and fields, which GitHub ignores without a
// word), and where they are known to be wrong. It refuses to know servers and clients: it is handed one request and
// its answer. It is for tests only; nothing that is shipped imports it.
package contract

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// openapi is written by scripts/openapi/prune.mjs from the npm package @octokit/openapi 23.0.2 (MIT).
//
//go:embed openapi.json.gz
var openapi []byte

// Exchange is one request to REST and its answer.
type Exchange struct {
	Method string
	Path   string // decoded
	Query  url.Values
	Header http.Header
	Body   []byte
	// Status is of the answer; 0 looks at the request only, for an answer that was made to be wrong.
	Status       int
	AnswerHeader http.Header
	Answer       []byte
}

// Verdict is what is wrong with an exchange, on both sides of it.
type Verdict struct{ Request, Answer []string }

// KnownAlarms are the violations that are none, with the reason.
var KnownAlarms = []struct {
	Why   string
	match func(Exchange, string) bool
}{
	{
		"ghinstallation v2.11.0 sends the body null for an installation token without restrictions, which GitHub accepts",
		func(x Exchange, what string) bool {
			return strings.HasSuffix(x.Path, "/access_tokens") && string(bytes.TrimSpace(x.Body)) == "null" && strings.Contains(what, "body")
		},
	},
	{
		"GitHub writes the status into the body of every refusal; the description has it in most",
		func(x Exchange, what string) bool {
			return x.Status >= 400 && strings.HasSuffix(what, `body: field "status" is not known`)
		},
	},
	{
		"the head of a pull request has no repository when its fork was deleted: so the description of the webhooks (webhook-pull-request-labeled), and that of REST does not say so",
		func(_ Exchange, what string) bool {
			return strings.HasSuffix(what, "/head/repo: Value is not nullable")
		},
	},
	{
		"the raw content of a blob is described in words only: an Accept header asks for it",
		func(x Exchange, what string) bool {
			return strings.Contains(x.Header.Get("Accept"), "raw") && strings.Contains(what, "Content-Type")
		},
	},
	{
		"the account in the list of an App's installations is a user or an enterprise, as in the description of one installation; that of the list wants both at once",
		func(x Exchange, what string) bool {
			return x.Path == "/app/installations" && bothAccounts.MatchString(what)
		},
	},
	{
		"the time of runs is a range in the syntax of GitHub's search; the description says so in words, and calls it an instant",
		func(x Exchange, what string) bool {
			return strings.HasSuffix(x.Path, "/runs") && strings.HasPrefix(x.Query.Get("created"), ">=") && strings.Contains(what, `format "date-time"`)
		},
	},
}

var bothAccounts = regexp.MustCompile(`body /\d+/account/(name|slug|created_at|updated_at): property "\w+" is missing$`)

// operation is one operation of the description.
type operation struct {
	match  *regexp.Regexp
	names  []string
	weight int // literal characters of the path: the most specific path is meant
	routers.Route
}

var operations = sync.OnceValues(load)

func load() ([]operation, error) {
	zr, err := gzip.NewReader(bytes.NewReader(openapi))
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI description: %w", err)
	}
	raw, err := io.ReadAll(zr)
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI description: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI description: %w", err)
	}
	var out []operation
	for path, item := range doc.Paths.Map() {
		re, names, weight := compile(path)
		for method, op := range item.Operations() {
			out = append(out, operation{re, names, weight, routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}})
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return b.weight - a.weight })
	return out, nil
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// compile makes a pattern of a path. A reference and the two ends of a comparison can have slashes, which no
// router of OpenAPI expects.
func compile(path string) (*regexp.Regexp, []string, int) {
	var names []string
	var re strings.Builder
	weight, at := 0, 0
	for _, m := range parameter.FindAllStringSubmatchIndex(path, -1) {
		name := path[m[2]:m[3]]
		re.WriteString(regexp.QuoteMeta(path[at:m[0]]))
		weight += m[0] - at
		if slices.Contains([]string{"ref", "basehead", "branch", "path"}, name) {
			re.WriteString("(.+)")
		} else {
			re.WriteString("([^/]+)")
		}
		names, at = append(names, name), m[1]
	}
	re.WriteString(regexp.QuoteMeta(path[at:]))
	return regexp.MustCompile("^" + re.String() + "$"), names, weight + len(path) - at
}

// Check holds an exchange against the description.
func Check(x Exchange) Verdict {
	ops, err := operations()
	if err != nil {
		return Verdict{Request: []string{err.Error()}}
	}
	for _, op := range ops {
		m := op.match.FindStringSubmatch(x.Path)
		if m == nil || op.Method != x.Method {
			continue
		}
		params := map[string]string{}
		for i, name := range op.names {
			params[name] = m[i+1]
		}
		in := op.input(x, params)
		v := Verdict{Request: x.known(op.request(x, in))}
		if x.Status != 0 {
			v.Answer = x.known(op.answer(x, in))
		}
		return v
	}
	return Verdict{Request: []string{fmt.Sprintf("%s %s is no operation of the description; add it to scripts/openapi/prune.mjs", x.Method, x.Path)}}
}

// known drops the known alarms.
func (x Exchange) known(found []string) []string {
	return slices.DeleteFunc(found, func(what string) bool {
		for _, k := range KnownAlarms {
			if k.match(x, what) {
				return true
			}
		}
		return false
	})
}

func (op *operation) input(x Exchange, params map[string]string) *openapi3filter.RequestValidationInput {
	req := &http.Request{Method: x.Method, URL: &url.URL{Path: x.Path, RawQuery: x.Query.Encode()}, Header: x.Header, Body: http.NoBody}
	if len(x.Body) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(x.Body))
		req.ContentLength = int64(len(x.Body))
	}
	return &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, QueryParams: x.Query, Route: &op.Route, Options: &openapi3filter.Options{
			MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
		},
	}
}

func (op *operation) request(x Exchange, in *openapi3filter.RequestValidationInput) []string {
	out := lines("", openapi3filter.ValidateRequest(context.Background(), in))
	for name := range x.Query {
		if op.PathItem.Parameters.GetByInAndName("query", name) == nil && op.Operation.Parameters.GetByInAndName("query", name) == nil {
			out = append(out, fmt.Sprintf("query parameter %q is not known", name))
		}
	}
	if body := op.Operation.RequestBody; body != nil && body.Value != nil && len(x.Body) > 0 {
		out = append(out, unknown(body.Value.Content.Get("application/json"), x.Body, "body")...)
	}
	slices.Sort(out)
	return out
}

// refusals are the statuses that every operation can be answered with.
var refusals = []int{400, 401, 403, 404, 409, 410, 422, 429}

func (op *operation) answer(x Exchange, in *openapi3filter.RequestValidationInput) []string {
	response := op.Operation.Responses.Status(x.Status)
	if response == nil && (x.Status >= 500 || slices.Contains(refusals, x.Status)) {
		var m struct{ Message string }
		if json.Unmarshal(x.Answer, &m) != nil || m.Message == "" {
			return []string{fmt.Sprintf("answer %d: a refusal needs a message", x.Status)}
		}
		return nil
	}
	prefix := fmt.Sprintf("answer %d: ", x.Status)
	// The library looks at none of the answers 304. By GitHub's guide any GET can have one that asked for it.
	if x.Status == http.StatusNotModified && (x.Method != http.MethodGet || x.Header.Get("If-None-Match") == "" || len(x.Answer) > 0) {
		return []string{prefix + "nobody asked whether it has changed, or there is a body"}
	}
	out := lines(prefix, openapi3filter.ValidateResponse(context.Background(), (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: x.Status, Header: x.AnswerHeader, Options: in.Options,
	}).SetBodyBytes(x.Answer)))
	if response != nil && response.Value != nil && strings.Contains(x.AnswerHeader.Get("Content-Type"), "json") {
		out = append(out, unknown(response.Value.Content.Get("application/json"), x.Answer, prefix+"body")...)
	}
	slices.Sort(out)
	return out
}

// lines lists the errors inside an error, each on one line.
func lines(prefix string, err error) []string {
	if err == nil {
		return nil
	}
	var many openapi3.MultiError
	var schema *openapi3.SchemaError
	switch {
	case errors.As(err, &many):
		var out []string
		for _, e := range many {
			out = append(out, lines(prefix, e)...)
		}
		return out
	case errors.As(err, &schema):
		return []string{prefix + "body /" + strings.Join(schema.JSONPointer(), "/") + ": " + firstLine(schema.Reason)}
	}
	return []string{prefix + firstLine(err.Error())}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
