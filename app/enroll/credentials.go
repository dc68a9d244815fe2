package enroll

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Credentials are what GitHub hands out once for an App that was made from a manifest.
type Credentials struct {
	ID            int64  `json:"id"`
	Slug          string `json:"slug"` // the App's name in addresses
	Name          string `json:"name"`
	Owner         string `json:"owner"` // login
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	WebhookSecret string `json:"webhook_secret"`
	PrivateKey    string `json:"private_key"` // RSA, PEM
}

// The environment variables of credentials.
const (
	EnvID            = "PERTASK_APP_ID"
	EnvSlug          = "PERTASK_APP_SLUG"
	EnvClientID      = "PERTASK_APP_CLIENT_ID"
	EnvClientSecret  = "PERTASK_APP_CLIENT_SECRET"
	EnvWebhookSecret = "PERTASK_APP_WEBHOOK_SECRET"
	EnvPrivateKey    = "PERTASK_APP_PRIVATE_KEY"
)

// ErrNone says that the environment has no credentials at all.
var ErrNone = errors.New("no credentials of a GitHub App")

// Check returns an error that names what is missing, and nothing of what is there.
func (c Credentials) Check() error {
	var missing []string
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{EnvID, c.ID > 0}, {EnvSlug, c.Slug != ""}, {EnvClientID, c.ClientID != ""}, {EnvClientSecret, c.ClientSecret != ""},
		{EnvWebhookSecret, c.WebhookSecret != ""}, {EnvPrivateKey, strings.Contains(c.PrivateKey, "PRIVATE KEY-----")},
	} {
		if !f.ok {
			missing = append(missing, f.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the credentials of the GitHub App lack %s", strings.Join(missing, ", "))
	}
	return nil
}

// FromEnv reads credentials from environment variables. The error is ErrNone when none of them is set. A private key may be on
// one line with \n for its line breaks, since many places for secrets keep one line.
func FromEnv(getenv func(string) string) (Credentials, error) {
	c := Credentials{Slug: getenv(EnvSlug), ClientID: getenv(EnvClientID), ClientSecret: getenv(EnvClientSecret),
		WebhookSecret: getenv(EnvWebhookSecret), PrivateKey: strings.ReplaceAll(getenv(EnvPrivateKey), `\n`, "\n")}
	id := getenv(EnvID)
	if id == "" && c == (Credentials{}) {
		return c, ErrNone
	}
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
		c.ID = n
	}
	return c, c.Check()
}

// Env returns the lines of an environment file, which container runtimes and systemd read: one variable on a line.
func (c Credentials) Env() string {
	var b strings.Builder
	for _, v := range [][2]string{
		{EnvID, strconv.FormatInt(c.ID, 10)}, {EnvSlug, c.Slug}, {EnvClientID, c.ClientID}, {EnvClientSecret, c.ClientSecret},
		{EnvWebhookSecret, c.WebhookSecret}, {EnvPrivateKey, strings.ReplaceAll(strings.TrimSpace(c.PrivateKey), "\n", `\n`)},
	} {
		fmt.Fprintf(&b, "%s=%s\n", v[0], v[1])
	}
	return b.String()
}

// Encode returns the credentials as JSON, to be sealed.
func (c Credentials) Encode() ([]byte, error) { return json.Marshal(c) }

// Decode reads what Encode made.
func Decode(b []byte) (Credentials, error) {
	var c Credentials
	if json.Unmarshal(b, &c) != nil {
		return Credentials{}, errors.New("reading the stored credentials of the GitHub App: they are not what was stored")
	}
	return c, c.Check()
}
