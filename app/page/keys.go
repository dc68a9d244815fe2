package page

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/app/page/sheet"
)

// maxKey is how long a provider key can be.
const maxKey = 4096

// mayKeep lets those in who administer the installation.
func (v *visit) mayKeep() error {
	ok, err := v.admin()
	if err != nil {
		return err
	}
	if !ok {
		return problem{http.StatusForbidden, "For administrators", "Provider keys are set by people who administer every repository that pertask is installed in here: a key pays for all of them."}
	}
	return nil
}

func keys(v *visit) (*view, error) {
	if err := v.mayKeep(); err != nil {
		return nil, err
	}
	all, err := v.Keys.Keys(v.ctx, v.grant.Installation)
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/keys")
	l := &sheet.Sheet{Name: "keys", Caption: "Provider keys", Export: path, Empty: "There is no provider key yet: reviews say what they would measure, and measure nothing.", Columns: []sheet.Column{{Key: "name", Title: "Name"},
		{Key: "hosts", Title: "For the hosts"}, {Key: "fingerprint", Title: "Fingerprint"}, {Title: "Do"}, {Key: "by", Title: "Set by"}, {Key: "set", Title: "Set (UTC)"}}}
	for _, k := range all {
		remove := &form{Post: true, Action: path + "/remove", Submit: "Remove", Class: "inline", Fields: []field{{Name: "name", Type: "hidden", Value: k.Name}}}
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Code(k.Name), hostsCell(k.Hosts), sheet.Code(k.Fingerprint), {Do: remove}, sheet.Text(k.By), sheet.When(k.Set)})
	}
	set := &form{Post: true, Action: path + "/set", Submit: "Set key", Fields: []field{{Name: "name", Label: "Name"}, {Name: "value", Label: "Key", Type: "password"}, {Name: "host", Label: "Also for the hosts (with commas; may be empty)"}}}
	for _, n := range v.KeyNames {
		set.Fields[0].Options = append(set.Fields[0].Options, option{Value: n, Words: n})
	}
	p := &view{Title: "Provider keys", Tab: "keys", Blocks: []block{{Text: words("Reviews pay with these keys. They are known to the metering proxy only, never to an agent, a report or this page."), List: l},
		{Title: "Set a key", Text: words("A key takes the place of the one of its name. It is sealed at once, and nobody can read it here again. It is sent to its provider's own hosts only, and to those that you name: a configuration whose upstream has another url has no key there."), Form: set}}}
	p.Done = map[string]string{"set": "The key is set.", "removed": "The key is removed."}[v.q.Get("done")]
	return p, nil
}

func setKey(v *visit) error {
	if err := v.mayKeep(); err != nil {
		return err
	}
	name, value := v.r.PostFormValue("name"), strings.TrimSpace(v.r.PostFormValue("value"))
	if !slices.Contains(v.KeyNames, name) {
		return bad("The name of a key is one of %s.", strings.Join(v.KeyNames, ", "))
	}
	if value == "" || len(value) > maxKey || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return bad("A key has 1 to %d characters, letters, digits and signs, without spaces.", maxKey)
	}
	hosts, err := Hosts(v.r.PostFormValue("host"))
	if err != nil {
		return bad("For the hosts: %s.", err)
	}
	reason := name
	if len(hosts) > 0 {
		reason += " also for " + strings.Join(hosts, ", ")
	}
	if err := v.note(0, "key-set", reason); err != nil {
		return err
	}
	if err := v.Keys.SetKey(v.ctx, v.grant.Installation, name, value, hosts, v.viewer.Login); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, at(v.grant.Installation, "/keys?done=set"), http.StatusSeeOther)
	return nil
}

func removeKey(v *visit) error {
	if err := v.mayKeep(); err != nil {
		return err
	}
	name := v.r.PostFormValue("name")
	all, err := v.Keys.Keys(v.ctx, v.grant.Installation)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(k Key) bool { return k.Name == name }) {
		return errMissing
	}
	if err := v.note(0, "key-removed", name); err != nil {
		return err
	}
	if err := v.Keys.RemoveKey(v.ctx, v.grant.Installation, name); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, at(v.grant.Installation, "/keys?done=removed"), http.StatusSeeOther)
	return nil
}

func hostsCell(hosts []string) sheet.Cell {
	c := sheet.Text(strings.Join(hosts, ", "))
	if len(hosts) == 0 {
		c.Show = "none: it cannot be opened"
	}
	return c
}

// maxHosts is how many hosts a key can be for besides its provider's own.
const maxHosts = 20

var hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9._-]{0,250}[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

// Hosts reads hosts with commas between them, each as Host does; "" is none. The error is a sentence without the full stop.
func Hosts(text string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		h, ok := Host(part)
		if !ok || len(out) == maxHosts {
			return nil, fmt.Errorf("%.100q is not a host, or one of more than %d; allowed is one such as llm.example.com or llm.example.com:8443, without https:// and without a path", part, maxHosts)
		}
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out, nil
}

// Host writes a host in the form in which hosts are held against each other: lower case, without the full stop at its end, with
// its port unless that is 443. It reports whether it is one.
func Host(text string) (string, bool) {
	h := strings.ToLower(text)
	name, port, found := h, "", false
	if i := strings.LastIndexByte(h, ':'); i >= 0 && !strings.HasSuffix(h, "]") {
		name, port, found = h[:i], h[i+1:], true
	}
	if found {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return "", false
		}
		port = strconv.Itoa(n)
	}
	h = strings.TrimSuffix(name, ".")
	if found && port != "443" {
		h += ":" + port
	}
	if len(h) > 260 || !hostForm.MatchString(h) {
		return "", false
	}
	return h, true
}
