package sandbox

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
)

// A smoke run, and a dial of it, is bounded. On a busy machine they take some tenths of a second.
const probeLimit, dialLimit = 30 * time.Second, 5 * time.Second

// smoke is what the smoke run looks at from inside.
type smoke struct {
	Proxy  string // must answer; "" is none
	Port   string // of the machine's loopback; must not
	Name   string // abstract unix socket of the machine; must not
	Secret string // file in a hidden folder; must not be there
	Write  string // folder that can be written
	Env    []string
}

// try runs a tiny program in the sandbox that checks what it promises.
func (s *Sandbox) try(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "pertask-sandbox-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	look := smoke{Proxy: s.opts.Proxy, Secret: filepath.Join(dir, "secret"), Write: filepath.Join(dir, "write"), Env: []string{"PERTASK_PROBE=yes"}}
	aside := filepath.Join(dir, "aside")
	err = errors.Join(os.Mkdir(look.Write, 0o700), os.Mkdir(aside, 0o700), os.WriteFile(look.Secret, []byte("secret"), 0o644))
	if err != nil {
		return err
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer port.Close()
	look.Port, look.Name = port.Addr().String(), "@pertask-"+rand.Text()
	name, err := net.Listen("unix", look.Name)
	if err != nil {
		return err
	}
	defer name.Close()
	text, err := json.Marshal(look)
	if err != nil {
		return err
	}
	p, err := s.inside(process.Program{
		Argv: []string{shownSelf, Command, "probe", string(text)}, Dir: look.Write, Env: look.Env, Keep: 1 << 12, Limit: probeLimit,
	}, trial.Room{Write: []string{look.Write}, Proxy: look.Proxy != "", Aside: aside}, true)
	if err != nil {
		return err
	}
	end, err := p.Run(ctx, time.Now)
	switch {
	case err != nil:
		return err
	case end.Status != 0 || string(end.Output) != probeWord:
		return fmt.Errorf("the smoke run ended with %s: %s", end, strings.TrimSpace(string(end.Output)))
	}
	return nil
}

// probeWord is what the smoke run says when all is well.
const probeWord = "kept in\n"

// probe is the program of a smoke run. It prints what is wrong.
func probe(text string) int {
	var s smoke
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		fmt.Println(err)
		return statusUsage
	}
	var wrong []string
	for _, c := range []struct {
		what  string
		check func() error
	}{
		{"loopback", checkLoopback},
		{"proxy", s.checkProxy},
		{"network", s.checkNetwork},
		{"files", s.checkFiles},
		{"processes", checkProcesses},
		{"rights", checkRights},
		{"environment", s.checkEnv},
	} {
		if err := c.check(); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", c.what, err))
		}
	}
	if len(wrong) > 0 {
		fmt.Println(strings.Join(wrong, "; "))
		return 1
	}
	fmt.Print(probeWord)
	return 0
}

func checkLoopback() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := net.DialTimeout("tcp", l.Addr().String(), dialLimit)
	if err != nil {
		return err
	}
	return c.Close()
}

// checkProxy asks for a page that no proxy has: any answer will do.
func (s smoke) checkProxy() error {
	if s.Proxy == "" {
		return nil
	}
	c, err := net.DialTimeout("tcp", s.Proxy, dialLimit)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(dialLimit)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c, "GET /pertask-smoke-run HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", s.Proxy); err != nil {
		return err
	}
	if _, err := bufio.NewReader(c).ReadByte(); err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	return nil
}

// checkNetwork tries what must not be reached: the machine's loopback, its abstract sockets, and a host of the block
// that RFC 5737 keeps for documents.
func (s smoke) checkNetwork() error {
	for network, address := range map[string]string{"tcp": s.Port, "unix": s.Name, "tcp4": "192.0.2.1:80", "udp4": "192.0.2.1:53"} {
		if c, err := net.DialTimeout(network, address, dialLimit); err == nil {
			c.Close()
			return fmt.Errorf("%s %s is reached", network, address)
		} else if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
			return fmt.Errorf("%s %s is not refused at once", network, address)
		}
	}
	return nil
}

func (s smoke) checkFiles() error {
	if err := os.WriteFile(filepath.Join(s.Write, "file"), []byte("x"), 0o600); err != nil {
		return err
	}
	if _, err := os.Lstat(s.Secret); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("a hidden file is there: %v", err)
	}
	for _, dir := range []string{"/", "/etc", "/run", "/dev"} {
		file := filepath.Join(dir, "pertask-smoke-run")
		if err := os.WriteFile(file, nil, 0o600); err == nil {
			return errors.Join(fmt.Errorf("%s can be written", dir), os.Remove(file))
		}
	}
	return nil
}

func checkProcesses() error {
	const most = 10 // this one, the inner part and bubblewrap
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(all) == 0 || len(all) > most {
		return fmt.Errorf("%d are seen", len(all))
	}
	return nil
}

func checkRights() error {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	if os.Getuid() == 0 || os.Geteuid() == 0 {
		return errors.New("the user is root")
	}
	for _, want := range []string{"NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "CapInh:\t0000000000000000", "CapBnd:\t0000000000000000"} {
		if !strings.Contains(string(text), want+"\n") {
			return fmt.Errorf("want %q", want)
		}
	}
	return nil
}

func (s smoke) checkEnv() error {
	if got := strings.Join(os.Environ(), " "); got != strings.Join(s.Env, " ") {
		return errors.New("it is not the one that was given")
	}
	return nil
}
