package sandbox

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// loopbackUp switches the loopback interface of a new network namespace on.
func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	r, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, r); err != nil {
		return err
	}
	r.SetUint16(r.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, r)
}

// relay carries connections from a port inside to the proxy's unix socket outside.
type relay struct {
	path string
	held *os.File // keeps the socket reachable after its folder was hidden
}

// relay finds the proxy's socket while it is there to be seen. Without a proxy it is nil.
func (x spec) relay() (*relay, error) {
	if x.Proxy == "" {
		return nil, nil
	}
	if x.Way == byBwrap {
		return &relay{path: bubbleSocket}, nil
	}
	fd, err := unix.Open(x.Socket, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("finding the proxy's socket: %w", err)
	}
	return &relay{path: fmt.Sprintf("/proc/self/fd/%d", fd), held: os.NewFile(uintptr(fd), "socket")}, nil
}

// listen takes connections at an address until this process ends.
func (r *relay) listen(address string) error {
	if r == nil {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.carry(c)
		}
	}()
	return nil
}

// carry copies both ways until both sides have said all.
func (r *relay) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial("unix", r.path)
	if err != nil {
		return
	}
	defer to.Close()
	var both sync.WaitGroup
	both.Go(func() { pour(to, from) })
	both.Go(func() { pour(from, to) })
	both.Wait()
}

// pour copies until the end, and passes the end on. What cannot be written any more ends the other direction too.
func pour(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		from.Close()
		to.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it may be closed whole
	}
}
