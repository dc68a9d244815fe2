package github

import "github.com/pertask/pertask/github/wire"

// Error is an answer of GitHub that is not a success.
type Error = wire.Error

// The causes that callers act upon. They are found with errors.Is; package wire says which answers they are.
var (
	// ErrAuth means that the token is wrong, expired or revoked.
	ErrAuth = wire.ErrAuth
	// ErrPermission is a refusal for want of a permission. The text names the permission to add.
	ErrPermission = wire.ErrPermission
	// ErrCheckForbidden means that another App, or GitHub itself, made the check run. Make a fresh one.
	ErrCheckForbidden = wire.ErrCheckForbidden
	// ErrNotFound means that something is not there, or not visible to the token.
	ErrNotFound = wire.ErrNotFound
	// ErrTooLong is a body or a file above the limit. Nothing was written.
	ErrTooLong = wire.ErrTooLong
	// ErrRateLimited is a rate limit that did not end within the context and the retries.
	ErrRateLimited = wire.ErrRateLimited
)
