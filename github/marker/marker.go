// Package marker is the hidden first line of a comment of ours.
//
// It knows how a marker is written and read, and which part of a body it is. It refuses to know GitHub, where
// the comment stands, who wrote it and what the caller's data in it means: a marker proves nothing, because
// anyone can paste one.
package marker

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Version is the version of the marker that this package writes.
const Version = 1

// Marker is what our comments carry in their first line, hidden in an HTML comment. It is trusted only in a
// comment that GitHub says we wrote: anyone can paste one.
type Marker struct {
	Version int // as read; written as Version
	// Key tells apart several comments of ours on one pull request; "" is the one that there usually is.
	Key   string
	Suite string // the suite's name or digest, as the caller likes
	Head  string // SHA of the pull request's head that the comment is about
	// Time orders results: one with an earlier time never replaces one with a later time. Take the time of
	// what started the work, not of its end, so that a slow result of an old head stays behind.
	Time time.Time
	// Data is the caller's, hidden but readable by everyone who can read the comment; at most 16 KiB.
	Data []byte
}

// These two literals stand in comments on pull requests all over the world. They must never change: a
// comment whose marker is not recognised stays for ever, and another one is posted beside it. What is
// between them is base64 with padding, whose alphabet has no '-' and no '>', so that nothing in a marker
// can end the HTML comment.
const (
	markerPrefix = "<!-- pertask:comment "
	markerSuffix = " -->"
)

const (
	maxMarkerData = 16 << 10
	maxMarkerLine = 48 << 10
)

// markerJSON is the stored form of a Marker. Its keys must never change their meaning; new ones may be added.
type markerJSON struct {
	Version int       `json:"v"`
	Key     string    `json:"key,omitempty"`
	Suite   string    `json:"suite,omitempty"`
	Head    string    `json:"head,omitempty"`
	Time    time.Time `json:"time"`
	Data    []byte    `json:"data,omitempty"`
}

// ErrMarker is a marker that cannot be written, or a body without one.
var ErrMarker = errors.New("bad marker")

// Line returns the marker as the first line of a comment, without a line break.
func (m Marker) Line() (string, error) {
	if len(m.Data) > maxMarkerData {
		return "", fmt.Errorf("writing marker: data has %d bytes, %d are allowed: %w", len(m.Data), maxMarkerData, ErrMarker)
	}
	raw, err := json.Marshal(markerJSON{Version, m.Key, m.Suite, m.Head, m.Time.UTC().Round(0), m.Data})
	if err != nil {
		return "", fmt.Errorf("writing marker: %w", errors.Join(err, ErrMarker))
	}
	line := markerPrefix + base64.StdEncoding.EncodeToString(raw) + markerSuffix
	if len(line) > maxMarkerLine {
		return "", fmt.Errorf("writing marker: it has %d bytes, %d are allowed: %w", len(line), maxMarkerLine, ErrMarker)
	}
	return line, nil
}

// Parse reads the marker in the first line of a body, and reports whether there is one. It is strict: the line is the marker and nothing
// else. A version later than ours is read as far as it is known, so that an older pertask replaces the
// comment of a newer one instead of posting a second.
func Parse(body string) (Marker, bool) {
	line, _, _ := strings.Cut(body, "\n")
	line = strings.TrimSuffix(line, "\r") // a person's edit in the browser
	if len(line) > maxMarkerLine {
		return Marker{}, false
	}
	line, ok := strings.CutPrefix(line, markerPrefix)
	if !ok {
		return Marker{}, false
	}
	if line, ok = strings.CutSuffix(line, markerSuffix); !ok {
		return Marker{}, false
	}
	if strings.ContainsAny(line, "\r\n") { // the decoder would skip them
		return Marker{}, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(line)
	if err != nil {
		return Marker{}, false
	}
	return decodeMarker(raw)
}

func decodeMarker(raw []byte) (Marker, bool) {
	var j markerJSON
	dec := json.NewDecoder(bytes.NewReader(raw))
	if dec.Decode(&j) != nil || j.Version < 1 || len(j.Data) > maxMarkerData {
		return Marker{}, false
	}
	if _, err := dec.Token(); err != io.EOF {
		return Marker{}, false
	}
	at := j.Time.UTC()
	if at.Year() < 0 || at.Year() > 9999 { // could not be written again
		return Marker{}, false
	}
	return Marker{j.Version, j.Key, j.Suite, j.Head, at, j.Data}, true
}

// Alike reports whether two markers differ in nothing but their time and version.
func (m Marker) Alike(o Marker) bool {
	return m.Key == o.Key && m.Suite == o.Suite && m.Head == o.Head && bytes.Equal(m.Data, o.Data)
}

// Text returns a body without its first line, in the form in which two bodies are compared: GitHub may
// change line ends and the white space at the end.
func Text(body string) string {
	_, text, _ := strings.Cut(body, "\n")
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), " \t\n")
}
