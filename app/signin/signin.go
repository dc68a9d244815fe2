// Package signin lets people in who are known to GitHub, and says what they may see.
//
// It knows GitHub's OAuth web flow, sessions, and that what somebody may see is what GitHub said at most five minutes ago. It
// refuses to know SQL, what pages look like, and how a token is sealed. Whatever it cannot find out lets nobody in.
package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/pertask/pertask/app/secret"
)

// Errors that callers act upon. None of them says anything of a token.
var (
	// ErrNobody is a request without a session that is still good.
	ErrNobody = errors.New("not signed in")
	// ErrStart is a sign-in that this browser did not start, or too long ago: it has to begin again.
	ErrStart = errors.New("this sign-in was not started in this browser, or more than ten minutes ago")
	// ErrDenied is a sign-in that the person or GitHub refused.
	ErrDenied = errors.New("GitHub did not let the sign-in happen")
	// ErrUnavailable is GitHub not answering, or the database: what somebody may see cannot be told.
	ErrUnavailable = errors.New("what you may see cannot be told just now")
	// ErrRevoked is what an Access returns for a token that GitHub does not take any more.
	ErrRevoked = errors.New("GitHub does not take this token any more")
)

// How long things are good for.
const (
	Idle     = 12 * time.Hour     // of a session that nobody uses
	Lifetime = 7 * 24 * time.Hour // of a session at all; it ends with GitHub's token if that is sooner
	Fresh    = 5 * time.Minute    // what GitHub said of somebody's access
	flowTime = 10 * time.Minute   // from the start of a sign-in to its end
	touched  = 5 * time.Minute    // how often a session's last use is written down
	patience = 20 * time.Second   // with GitHub
)

// Session is what is kept of somebody who signed in.
type Session struct {
	Hash    string // 64 hexadecimal digits: SHA-256 of what is in the browser's cookie
	User    int64  // GitHub's id
	Login   string // as it was
	Token   []byte // the user's, sealed
	Created time.Time
	Used    time.Time // the last use, to some minutes
	Expires time.Time // ends it whatever is used
}

// Sessions keeps sessions. Implementations are safe for concurrent use.
type Sessions interface {
	// Save keeps a session that is new.
	Save(context.Context, Session) error
	// Load returns a session by its hash, and false for one that is not there.
	Load(ctx context.Context, hash string) (Session, bool, error)
	// Touch notes that a session was used. It makes none that is not there: it may have been deleted meanwhile.
	Touch(ctx context.Context, hash string, used time.Time) error
	// Delete ends a session. One that is not there is no error.
	Delete(ctx context.Context, hash string) error
}

// Box seals and opens a value. Package secret's does.
type Box interface {
	Seal(about secret.About, value []byte) ([]byte, error)
	Open(about secret.About, sealed []byte) ([]byte, error)
}

// Access asks GitHub who a token is of and what that person may do. Implementations are safe for concurrent use.
type Access interface {
	// User returns all of it, or an error: never a part. A token that is not good any more is ErrRevoked.
	User(ctx context.Context, token string) (User, error)
}

// Config is what a Gate needs.
type Config struct {
	// URL is where people find the App, such as "https://pertask.example.com". Plain http is for loopback.
	URL string
	// ClientID and ClientSecret are those of the GitHub App.
	ClientID, ClientSecret string
	// Endpoint is GitHub's; of a server of one's own its AuthURL is ".../login/oauth/authorize" and its TokenURL
	// ".../login/oauth/access_token". Zero is github.com.
	Endpoint oauth2.Endpoint
	Sessions Sessions
	Box      Box
	Access   Access
	// Client asks GitHub for tokens. Nil is one with a time limit.
	Client *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log is told of what went wrong, never of a token or a code; nil is nowhere.
	Log *slog.Logger
}

// Gate lets people in. It is safe for concurrent use. It has no zero value: New makes one.
type Gate struct {
	cfg    Config
	oauth  oauth2.Config
	secure bool // cookies go over https only
	cache  cache
}

// Callback is the path that GitHub sends people back to: the App's callback URL ends in it.
const Callback = "/signin/callback"

// github.com's endpoint. golang.org/x/oauth2/endpoints would bring that of every other provider.
var dotcom = oauth2.Endpoint{AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams}

// New returns a gate, or an error about the configuration.
func New(cfg Config) (*Gate, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("the App's URL %q; allowed is one such as \"https://pertask.example.com\", without a path", cfg.URL)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, fmt.Errorf("the App's URL %q; allowed is https, and http for this machine only", cfg.URL)
	}
	for what, missing := range map[string]bool{"the client id of the GitHub App": cfg.ClientID == "", "the client secret of the GitHub App": cfg.ClientSecret == "",
		"a store of sessions": cfg.Sessions == nil, "a box for tokens": cfg.Box == nil, "a way to ask GitHub for access": cfg.Access == nil} {
		if missing {
			return nil, fmt.Errorf("setting up sign-in: %s is missing", what)
		}
	}
	if cfg.Endpoint.AuthURL == "" && cfg.Endpoint.TokenURL == "" {
		cfg.Endpoint = dotcom
	}
	cfg.Endpoint.AuthStyle = oauth2.AuthStyleInParams // GitHub's; trying another way would use up the code
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: patience}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	back := url.URL{Scheme: u.Scheme, Host: u.Host, Path: Callback}
	return &Gate{cfg: cfg, secure: u.Scheme == "https", oauth: oauth2.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret,
		Endpoint: cfg.Endpoint, RedirectURL: back.String()}}, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
