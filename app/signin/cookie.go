package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"
)

// The cookies. With https their names begin with __Host-, so that no other host, not even one below the same domain, can have set
// them, and they never go over http.
const (
	sessionCookie = "pertask-session"
	flowCookie    = "pertask-signin"
)

func (g *Gate) name(cookie string) string {
	if g.secure {
		return "__Host-" + cookie
	}
	return cookie
}

// set gives the browser a cookie that no script can read and that no other site's forms send along.
func (g *Gate) set(w http.ResponseWriter, cookie, value string, life time.Duration) {
	c := &http.Cookie{Name: g.name(cookie), Value: value, Path: "/", MaxAge: int(life / time.Second), Secure: g.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if life <= 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// get returns a cookie, and "" for one that is not there or there twice: of two it cannot be told which is ours.
func (g *Gate) get(r *http.Request, cookie string) string {
	all := r.CookiesNamed(g.name(cookie))
	if len(all) != 1 {
		return ""
	}
	return all[0].Value
}

// random is 256 bits.
func random() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// hash is what is kept of a cookie: who reads the database cannot make cookies from it. The cookie has 256 random bits, which
// needs no slow hash.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
