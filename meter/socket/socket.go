// Package socket listens on unix sockets that only this user can connect to.
//
// It knows how such a socket is made, replaced and removed. It refuses to know what is said over it.
package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// answersWithin is how long whoever may still listen on a socket has to take a connection.
const answersWithin = time.Second

// socket is a unix socket that the proxy listens on.
type socket struct {
	net.Listener
	path string
	made fs.FileInfo
}

// Listen makes a socket at an absolute path that only this user can connect to. It is made under another name, below a folder that is
// closed to others, and gets its own once it is closed to them too: there is no moment at which they could connect.
func Listen(path string) (net.Listener, error) {
	if err := vacate(path); err != nil {
		return nil, err
	}
	private, err := os.MkdirTemp(filepath.Dir(path), ".s") // short: the system allows about a hundred bytes in all
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	early := filepath.Join(private, "s")
	in, err := net.ListenUnix("unix", &net.UnixAddr{Name: early, Net: "unix"})
	if err != nil {
		return nil, err
	}
	in.SetUnlinkOnClose(false) // it does not know the socket's later name
	s := &socket{Listener: in, path: path}
	if err = os.Chmod(early, 0o600); err == nil {
		s.made, err = os.Lstat(early)
	}
	if err == nil {
		err = os.Rename(early, path)
	}
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	return s, nil
}

// vacate makes sure that nothing of use is at a path. What a process that died has left there is removed: a socket,
// and one that refuses connections.
func vacate(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("socket %q: the path is not absolute", path)
	}
	there, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case there.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("socket %q: there is a file of another kind; remove it or name another path", path)
	}
	c, err := net.DialTimeout("unix", path, answersWithin)
	if err == nil {
		_ = c.Close()
		return fmt.Errorf("socket %q: another process listens on it; name another path", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// Close stops listening and removes the socket, unless something else is there by now. It may be called again.
func (s *socket) Close() error {
	err := s.Listener.Close()
	if there, gone := os.Lstat(s.path); gone == nil && os.SameFile(there, s.made) {
		return errors.Join(err, os.Remove(s.path))
	}
	return err
}
