package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/body"
)

// appRoutes are what an App asks as itself, with its JSON web token, and what a person asks with a token of the App.
func (s *Server) appRoutes() {
	asApp := func(pattern string, h func(*call) reply) {
		s.mux.HandleFunc(pattern, s.plain(func(c *call) reply {
			if c.app == nil || c.actor.user {
				return fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
			}
			return h(c)
		}))
	}
	asApp("GET /app", func(c *call) reply {
		m := c.app.Body().JSON()
		m["installations_count"] = len(c.s.apps.Installed(c.ofApp))
		return ok(m)
	})
	asApp("GET /app/installations", (*call).listInstallations)
	asApp("GET /app/installations/{id}", func(c *call) reply {
		if i := c.s.apps.Installation(c.theID()); i != nil && c.ofApp(i) {
			return ok(i.JSON())
		}
		return notFound
	})
	asApp("GET /app/hook/deliveries", (*call).listDeliveries)
	asApp("GET /app/hook/deliveries/{id}", (*call).getDelivery)
	asApp("POST /app/hook/deliveries/{id}/attempts", (*call).redeliver)
	s.mux.HandleFunc("GET /installation/repositories", s.plain((*call).installationRepos))
	s.mux.HandleFunc("GET /user", s.plain(func(c *call) reply {
		if c.actor.App != 0 {
			return fail(http.StatusForbidden, "Resource not accessible by integration")
		}
		return ok(body.Person(c.actor.Login))
	}))
	s.mux.HandleFunc("GET /user/installations", s.plain((*call).userInstallations))
	s.mux.HandleFunc("GET /user/installations/{id}/repositories", s.plain((*call).userRepos))
}

func (c *call) theID() int64 {
	n, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	return n
}

func (c *call) ofApp(i *appstore.Installation) bool { return i.App == c.app }

func (c *call) listInstallations() reply {
	all := c.s.apps.Installed(c.ofApp)
	from, to := c.page(len(all))
	out := []any{}
	for _, i := range all[from:to] {
		m := i.JSON()
		delete(m, "client_id") // which the description of the list does not have
		out = append(out, m)
	}
	return ok(out)
}

func (c *call) listDeliveries() reply {
	q := c.r.URL.Query()
	per, _ := strconv.Atoi(q.Get("per_page"))
	if per <= 0 {
		per = 30
	}
	list, next, err := c.s.Deliveries.Page(c.app.ID, q.Get("status"), q.Get("cursor"), min(per, 100))
	if err != nil {
		return fail(http.StatusUnprocessableEntity, "Invalid cursor")
	}
	if next != "" {
		q.Set("cursor", next)
		c.head.Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, c.s.api.URL, c.r.URL.Path, q.Encode()))
	}
	out := []any{}
	for _, d := range list {
		out = append(out, deliveryJSON(d))
	}
	return ok(out)
}

func deliveryJSON(d Delivery) body.M {
	return body.Delivery(d.ID, d.GUID, d.Event, d.Action, d.At, d.Took, d.Redelivery, d.Status, d.Installation, d.Repository)
}

func (c *call) getDelivery() reply {
	d, found := c.s.Deliveries.Find(c.app.ID, c.theID())
	if !found {
		return notFound
	}
	var payload any
	_ = json.Unmarshal(d.Payload, &payload) // what is no JSON is shown as null
	return ok(body.Whole(deliveryJSON(d), d.URL, payload, d.Answer))
}

// redeliver sends a webhook again, to where the App's webhooks go now. GitHub's answer does not wait for that.
func (c *call) redeliver() reply {
	d, found := c.s.Deliveries.Find(c.app.ID, c.theID())
	if !found {
		return notFound
	}
	c.s.Deliveries.Again(c.app.Hook(), d, c.s.opt.Now)
	return reply{status: http.StatusAccepted, body: map[string]any{}}
}

func (c *call) installationRepos() reply {
	if c.actor.in == nil {
		return fail(http.StatusForbidden, "You must authenticate with an installation access token in order to list repositories for an installation.")
	}
	return c.repos(c.s.repos.Where(c.actor.in.Has), func(r *repo) any { return r.JSON() })
}

func (c *call) repos(all []*repo, show func(*repo) any) reply {
	from, to := c.page(len(all))
	out := []any{}
	for _, r := range all[from:to] {
		out = append(out, show(r))
	}
	return ok(map[string]any{"total_count": len(all), "repositories": out})
}

// readable lists the repositories of an installation that the person who asks may read.
func (c *call) readable(i *appstore.Installation) []*repo {
	var out []*repo
	for _, r := range c.s.repos.Where(i.Has) {
		if r.Reads(c.actor.Login) {
			out = append(out, r)
		}
	}
	return out
}

func (c *call) userInstallations() reply {
	if c.app == nil || c.actor.App != 0 {
		return fail(http.StatusForbidden, "You must authenticate with an access token authorized to a GitHub App in order to list installations")
	}
	all := c.s.apps.Installed(func(i *appstore.Installation) bool { return c.ofApp(i) && len(c.readable(i)) > 0 })
	from, to := c.page(len(all))
	out := []any{}
	for _, i := range all[from:to] {
		out = append(out, i.JSON())
	}
	return ok(map[string]any{"total_count": len(all), "installations": out})
}

func (c *call) userRepos() reply {
	if c.app == nil || c.actor.App != 0 {
		return fail(http.StatusForbidden, "You must authenticate with an access token authorized to a GitHub App in order to list repositories")
	}
	i := c.s.apps.Installation(c.theID())
	if i == nil || !c.ofApp(i) {
		return notFound
	}
	all := c.readable(i)
	if len(all) == 0 {
		return notFound
	}
	return c.repos(all, func(r *repo) any {
		m := r.JSON()
		m["permissions"] = body.Rights(r.Level(c.actor.Login))
		return m
	})
}
