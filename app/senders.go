package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"time"

	"github.com/pertask/pertask/app/ingest"
	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
)

// senders are who may send, as the dashboard makes them.
type senders struct{ kept *sqlspend.Senders }

// Senders implements page.Senders.
func (s senders) Senders(ctx context.Context, installation int64) ([]page.Sender, error) {
	all, err := s.kept.List(ctx, installation)
	var out []page.Sender
	for _, x := range all {
		out = append(out, page.Sender{Name: x.Name, By: x.Login, Made: x.Created, Used: x.Used})
	}
	return out, err
}

// MakeSender implements page.Senders. Of the token, 256 random bits, its hash is kept and nothing else.
func (s senders) MakeSender(ctx context.Context, installation int64, name, by string) (string, error) {
	if installation <= 0 {
		return "", errors.New("making a sender: there is no installation")
	}
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails: the process ends before it does
	token := ingest.Prefix + base64.RawURLEncoding.EncodeToString(b[:])
	err := s.kept.Add(ctx, sqlspend.Sender{Installation: installation, Name: name, Login: by, Created: time.Now()}, ingest.Hash(token))
	switch {
	case errors.Is(err, sqlspend.ErrName):
		return "", errors.Join(page.ErrTaken, err)
	case errors.Is(err, sqlspend.ErrMany):
		return "", errors.Join(page.ErrFull, err)
	case err != nil:
		return "", err
	}
	return token, nil
}

// RemoveSender implements page.Senders.
func (s senders) RemoveSender(ctx context.Context, installation int64, name string) error {
	return s.kept.Remove(ctx, installation, name)
}
