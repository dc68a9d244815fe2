// Package secret keeps what must not be read by whoever gets hold of the App's database: provider keys, sessions and the App's
// own credentials.
//
// It knows how a value is sealed and that it opens only as what it was sealed as. It refuses to know where sealed values are
// kept, and what they are for.
//
// The format is age's (age-encryption.org/v1, package filippo.io/age), so that values can be opened without this program by
// whoever has the key file.
package secret

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// Limits of what is sealed.
const (
	MaxValue = 64 << 10 // bytes of a value
	MaxName  = 300      // bytes of an About's name
	overhead = 64 << 10 // more than age adds for a few recipients, and our own header
)

// Errors that callers act upon.
var (
	// ErrKey is a key file that cannot be used.
	ErrKey = errors.New("bad key")
	// ErrSealed is a value that does not open: it was sealed with a key that is not there, changed, or sealed as something
	// else. Which of them it was is not said.
	ErrSealed = errors.New("the sealed value does not open")
)

// About is what a value is: one that was sealed as one thing does not open as another, so that whoever may write to the database
// cannot give an installation the key of another one.
type About struct {
	Scope int64  // the installation; 0 is the App
	Name  string // such as "provider/OPENAI_API_KEY"
}

// Box seals and opens values. Sealing hides a value; that nobody else has sealed it is certain only as long as the public half of
// the key, which is nowhere but in the key file, stays there.
//
// It is safe for concurrent use. It has no zero value: New makes one.
type Box struct {
	own  []age.Identity
	seal age.Recipient
}

// New returns a box of the keys in a text: age identities ("AGE-SECRET-KEY-1..."), one on a line; lines that begin with # are
// comments. The first seals and all of them open, so a key is changed by putting a new one in front. The errors wrap ErrKey and
// have nothing of the text.
func New(keys string) (*Box, error) {
	b := &Box{}
	for i, line := range strings.Split(keys, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, err := age.ParseX25519Identity(line)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d is no age identity; allowed are lines \"AGE-SECRET-KEY-1...\", as \"app keygen\" makes them, and comments that begin with #", ErrKey, i+1)
		}
		if b.seal == nil {
			b.seal = id.Recipient()
		}
		b.own = append(b.own, id)
	}
	if b.seal == nil {
		return nil, fmt.Errorf("%w: there is no age identity in it; \"app keygen\" makes one", ErrKey)
	}
	return b, nil
}

// Generate returns a new key in the form that New reads.
func Generate() (string, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	return fmt.Sprintf("# public key: %s\n%s\n", id.Recipient(), id), nil
}

// Seal returns a value in a form that only the box's keys open.
func (b *Box) Seal(about About, value []byte) ([]byte, error) {
	if len(value) > MaxValue || len(about.Name) > MaxName {
		return nil, fmt.Errorf("sealing %q: at most %d bytes of a value and %d of a name are kept", about.Name, MaxValue, MaxName)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, b.seal)
	if err != nil {
		return nil, fmt.Errorf("sealing %q: %w", about.Name, err)
	}
	if _, err = w.Write(append(about.header(), value...)); err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("sealing %q: %w", about.Name, err)
	}
	return out.Bytes(), nil
}

// Several reports whether there are keys besides the one that seals.
func (b *Box) Several() bool { return len(b.own) > 1 }

// Reseal returns a value sealed with the first key that was sealed with another one, and nothing where it has the first key already.
// The errors wrap ErrSealed and have nothing of the value.
func (b *Box) Reseal(about About, sealed []byte) ([]byte, error) {
	if _, err := b.open(about, sealed, b.own[:1]); err == nil {
		return nil, nil
	}
	value, err := b.Open(about, sealed)
	if err != nil {
		return nil, err
	}
	return b.Seal(about, value)
}

// Open returns a value that was sealed as about. The errors wrap ErrSealed and have nothing of the value.
func (b *Box) Open(about About, sealed []byte) ([]byte, error) { return b.open(about, sealed, b.own) }

func (b *Box) open(about About, sealed []byte, keys []age.Identity) ([]byte, error) {
	if len(sealed) > MaxValue+overhead {
		return nil, fmt.Errorf("opening %q: %w", about.Name, ErrSealed)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), keys...)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", about.Name, ErrSealed)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", about.Name, ErrSealed)
	}
	value, ok := bytes.CutPrefix(plain, about.header())
	if !ok {
		return nil, fmt.Errorf("opening %q: %w", about.Name, ErrSealed)
	}
	return value, nil
}

// header is what stands before a value. The length makes no header the beginning of another. Sealed values depend on this form:
// a later one needs another first byte.
func (a About) header() []byte {
	out := []byte{1}
	out = binary.BigEndian.AppendUint64(out, uint64(a.Scope))
	out = binary.BigEndian.AppendUint32(out, uint32(len(a.Name)))
	return append(out, a.Name...)
}

// Fingerprint tells people which of their keys is stored: the first 8 hexadecimal digits of SHA-256. It says nothing that helps
// to find a key, which is random, but would tell whoever guesses a password whether they are right.
func Fingerprint(value []byte) string {
	sum := sha256.Sum256(value)
	return hex.EncodeToString(sum[:4])
}
