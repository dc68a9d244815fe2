package appstore

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Store holds Apps and their installations. It is not safe for concurrent use.
type Store struct {
	random        func(bytes int) string
	apps          map[int64]*Registered
	installations map[int64]*Installation
}

// New returns an empty store that makes up ids and secrets with random.
func New(random func(bytes int) string) *Store {
	return &Store{random: random, apps: map[int64]*Registered{}, installations: map[int64]*Installation{}}
}

// Register makes an App known, with a new key. What is not said of it but its permissions is made up.
func (s *Store) Register(a App) (*Registered, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	a.Slug = cmp.Or(a.Slug, "app-"+strconv.FormatInt(a.ID, 10))
	a.Name, a.Owner = cmp.Or(a.Name, a.Slug), cmp.Or(a.Owner, "acme")
	a.ClientID, a.ClientSecret = cmp.Or(a.ClientID, "Iv23"+s.random(8)), cmp.Or(a.ClientSecret, s.random(20))
	a.WebhookSecret = cmp.Or(a.WebhookSecret, s.random(20))
	r := &Registered{App: a, key: &key.PublicKey}
	r.Private = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	s.apps[a.ID] = r
	return r, nil
}

// App returns the App with the id, or nil.
func (s *Store) App(id int64) *Registered { return s.apps[id] }

// ByClient returns the App with the client id, or nil.
func (s *Store) ByClient(id string) *Registered {
	for _, a := range s.apps {
		if a.ClientID == id && id != "" {
			return a
		}
	}
	return nil
}

// ByJWT returns the App that a JSON web token is of, or nil.
func (s *Store) ByJWT(jwt string, now time.Time) *Registered {
	for _, a := range s.apps {
		if a.Signed(jwt, now) {
			return a
		}
	}
	return nil
}

// Install adds an installation, in place of one with its id.
func (s *Store) Install(i *Installation) { s.installations[i.ID] = i }

// Uninstall takes an installation away and returns it, or nil when there is none.
func (s *Store) Uninstall(id int64) *Installation {
	i := s.installations[id]
	delete(s.installations, id)
	return i
}

// Installation returns the installation with the id, or nil.
func (s *Store) Installation(id int64) *Installation { return s.installations[id] }

// Installed lists the installations that keep wants, in the order of their ids.
func (s *Store) Installed(keep func(*Installation) bool) []*Installation {
	var out []*Installation
	for _, id := range slices.Sorted(maps.Keys(s.installations)) {
		if i := s.installations[id]; keep(i) {
			out = append(out, i)
		}
	}
	return out
}

// Token makes up a token of an installation. It has the stateless shape that GitHub has been rolling out since April 2026.
func (s *Store) Token(i *Installation) string {
	return "ghs_" + strconv.FormatInt(i.App.ID, 10) + "_eyJhbGciOiJSUzI1NiJ9." + s.random(40) + "." + s.random(60)
}
