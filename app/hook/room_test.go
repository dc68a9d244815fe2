package hook_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/hook"
	"github.com/pertask/pertask/app/queue"
)

type anyQueue struct{}

func (anyQueue) Add(context.Context, ...queue.Note) (int, error) { return 1, nil }

// Whoever has no secret cannot make the server set memory aside by a header alone.
func TestNoMemoryForALength(t *testing.T) {
	h, err := hook.New(hook.Config{Secrets: [][]byte{[]byte("s")}, Queue: anyQueue{}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 150
	for range n {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b := bufio.NewWriter(c)
		_, _ = fmt.Fprintf(b, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048576\r\nX-Hub-Signature-256: sha256=%s\r\n\r\n{", strings.Repeat("0", 64))
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(time.Second)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if mib := (after.HeapAlloc - before.HeapAlloc) >> 20; mib > 20 {
		t.Errorf("%d connections without a byte of body hold %d MiB", n, mib)
	}
}

// Strangers who do send what they said they would fill a bounded room. Whoever comes then is told to come again, and gets in when
// they have gone.
func TestRoomForStrangers(t *testing.T) {
	h, err := hook.New(hook.Config{Secrets: [][]byte{[]byte("s")}, Queue: anyQueue{}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	defer s.Close()
	const length = 1 << 20
	var conns []net.Conn
	var answers []*bufio.Reader
	for range 100 {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		conns, answers = append(conns, c), append(answers, bufio.NewReader(c))
		// All but the last byte; a server that has no room does not read to the end, and the rest may not be taken.
		_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
		_, _ = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nX-Hub-Signature-256: sha256=%s\r\n\r\n%s", length, strings.Repeat("0", 64), strings.Repeat(" ", length-1))
	}
	full, unsigned := 0, 0
	for n, c := range conns {
		_, _ = c.Write([]byte(" "))
		_ = c.SetReadDeadline(time.Now().Add(15 * time.Second))
		line, _ := answers[n].ReadString('\n')
		switch {
		case strings.Contains(line, " 503 "):
			full++
		case strings.Contains(line, " 401 "):
			unsigned++
		}
	}
	if full == 0 || unsigned == 0 || unsigned > 64 {
		t.Errorf("%d had no room and %d were read", full, unsigned)
	}
	req, err := http.NewRequest("POST", s.URL, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("0", 64))
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 401 {
		t.Errorf("after they have gone: %s", resp.Status)
	}
}
