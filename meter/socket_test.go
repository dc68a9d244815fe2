package meter_test

import (
	"context"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

// socketPath is in a folder whose name is short enough for a socket.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "meter.sock")
}

// through sends requests over a socket, whatever host they name.
func through(path string) *http.Transport {
	return &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
}

func start(path string) (*meter.Proxy, error) {
	return meter.Start(meter.Config{Admit: admitAll, Socket: path})
}

func TestSocketIsTheSameProxy(t *testing.T) {
	path := socketPath(t)
	r := newRig(t, answers(200, jsonType, chatAnswer(12, 5)), func(c *meter.Config) { c.Socket = path })
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Fatalf("the socket is %v, %v", info, err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("beside the socket there are %v, %v", left, err)
	}
	for token, want := range map[string]int{r.session.Token(): 200, "ptk_wrong": 401} {
		q := r.request(http.MethodPost, "openai", "/chat/completions", `{"model":"m"}`)
		q.Header.Set("Authorization", "Bearer "+token)
		resp, err := through(path).RoundTrip(q)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("over the socket the answer is %d, want %d", resp.StatusCode, want)
		}
	}
	if resp, _ := r.post("openai", "/chat/completions", `{"model":"m"}`); resp.StatusCode != 200 {
		t.Errorf("over the network the answer is %d", resp.StatusCode)
	}
	calls := r.close()
	if len(calls) != 2 {
		t.Fatalf("%d calls were counted, want 2", len(calls))
	}
	for _, c := range calls {
		want(t, c, usage.Complete, 12, 5)
	}
	if err := r.proxy.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is there after Close")
	}
}

func TestSocketOfADeadProcessIsReplaced(t *testing.T) {
	path := socketPath(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as when a process is killed
	_ = dead.Close()
	p, err := start(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Error(err)
	} else {
		_ = c.Close()
	}
	if err := p.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestSocketsThatAreNotReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"a file":   {func(t *testing.T, p string) { write(t, p) }, "another kind"},
		"a folder": {func(t *testing.T, p string) { _ = os.Mkdir(p, 0o700) }, "another kind"},
		"a link to a socket": {func(t *testing.T, p string) {
			listening(t, p+"x")
			_ = os.Symlink(p+"x", p)
		}, "another kind"},
		"one that is listened on": {listening, "another process listens"},
		"no folder":               {func(t *testing.T, p string) { _ = os.RemoveAll(filepath.Dir(p)) }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := socketPath(t)
			c.make(t, path)
			before, _ := os.Lstat(path)
			p, err := start(path)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "starting the meter: ") {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if p != nil {
				_ = p.Close(context.Background())
			}
			if after, _ := os.Lstat(path); before != nil && !os.SameFile(before, after) {
				t.Error("what was there is gone")
			}
		})
	}
	for _, path := range []string{"meter.sock", "./x"} {
		if p, err := start(path); err == nil {
			_ = p.Close(context.Background())
			t.Errorf("the path %q is taken", path)
		}
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func listening(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

// TestClosingLeavesAnothersSocketAlone: whoever made one at the same path since then still needs it.
func TestClosingLeavesAnothersSocketAlone(t *testing.T) {
	path := socketPath(t)
	p, err := start(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listening(t, path)
	if err := p.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the other one's socket: %v", err)
	}
}

// TestOpenConnectionsOverASocketEndWithTheProxy is of a forwarder that holds its connection.
func TestOpenConnectionsOverASocketEndWithTheProxy(t *testing.T) {
	path := socketPath(t)
	p, err := start(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil || os.IsTimeout(err) {
		t.Errorf("read %d bytes, %v", n, err)
	}
}
