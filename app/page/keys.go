package page

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/app/page/host"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/page/trouble"
)

// maxKey is how long a provider key can be.
const maxKey = 4096

// mayKeep lets those in who administer the installation.
func (v *visit) mayKeep() error {
	return v.administer("Provider keys are set by people who administer every repository that pertask is installed in here: a key pays for all of them.")
}

// administer lets those in who administer the installation, and tells the others why.
func (v *visit) administer(why string) error {
	ok, err := v.admin()
	if err == nil && !ok {
		err = trouble.Problem{Status: http.StatusForbidden, Title: "For administrators", Word: why}
	}
	return err
}

func keys(v *visit) (*layout.View, error) {
	if err := v.mayKeep(); err != nil {
		return nil, err
	}
	all, err := v.Keys.Keys(v.ctx, v.grant.Installation)
	if err != nil {
		return nil, err
	}
	path := at(v.grant.Installation, "/keys")
	l := &sheet.Sheet{Name: "keys", Cards: true, Caption: "Provider keys", Export: path, Empty: "There is no provider key yet: reviews say what they would measure, and measure nothing.", Columns: []sheet.Column{{Key: "name", Title: "Name"},
		{Key: "hosts", Title: "For the hosts"}, {Key: "fingerprint", Title: "Fingerprint"}, {Title: "Do"}, {Key: "by", Title: "Set by"}, {Key: "set", Title: "Set (UTC)"}}}
	for _, k := range all {
		remove := &layout.Form{Post: true, Action: path + "/remove", Submit: "Remove", Class: "inline", Fields: []layout.Field{{Name: "name", Type: "hidden", Value: k.Name}}}
		l.Rows = append(l.Rows, []sheet.Cell{sheet.Code(k.Name), hostsCell(k.Hosts), sheet.Code(k.Fingerprint), {Do: remove}, sheet.Text(k.By), sheet.When(k.Set)})
	}
	set := &layout.Form{Post: true, Action: path + "/set", Submit: "Set key", Fields: []layout.Field{{Name: "name", Label: "Name"}, {Name: "value", Label: "Key", Type: "password"}, {Name: "host", Label: "Also for the hosts (with commas; may be empty)"}}}
	for _, n := range v.KeyNames {
		set.Fields[0].Options = append(set.Fields[0].Options, layout.Option{Value: n, Words: n})
	}
	p := &layout.View{Title: "Provider keys", Tab: "keys", Blocks: []layout.Block{{Text: words("Reviews pay with these keys. They are known to the metering proxy only, never to an agent, a report or this page."), List: l},
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
		return trouble.Bad("The name of a key is one of %s.", strings.Join(v.KeyNames, ", "))
	}
	if value == "" || len(value) > maxKey || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return trouble.Bad("A key has 1 to %d characters, letters, digits and signs, without spaces.", maxKey)
	}
	hosts, err := host.List(v.r.PostFormValue("host"))
	if err != nil {
		return trouble.Bad("For the hosts: %s.", err)
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
		return trouble.Missing
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
