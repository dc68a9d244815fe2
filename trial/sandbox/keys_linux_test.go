package sandbox_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/process"
	"github.com/pertask/pertask/trial/sandbox"
)

// keyring adds a key to the keyring of the program's user, or looks for it there. The kernel keeps such a key for as long
// as the user is known, which is beyond the end of every process.
func keyring(what, name string) int {
	var err error
	if what == "add" {
		_, err = unix.AddKey("user", name, []byte("the answer"), unix.KEY_SPEC_USER_KEYRING)
	} else {
		_, err = unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", name, 0)
	}
	switch {
	case errors.Is(err, unix.ENOSYS):
		fmt.Println("no keyrings")
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println("done")
	}
	return 0
}

// What one program leaves in the kernel's keyrings would reach the next one, of whatever trial and arm.
func TestWayKeyrings(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	eachWay(t, func(t *testing.T, l *lab) {
		name := "pertask-test-" + rand.Text()
		for _, what := range []string{"add", "search"} {
			got, err := l.run(t, "exec ./program keyring "+what+" "+name, func(p *process.Program) {
				if err := os.WriteFile(filepath.Join(p.Dir, "program"), program, 0o755); err != nil {
					t.Fatal(err)
				}
			})
			if err != nil || string(got.Output) != "no keyrings\n" {
				t.Errorf("%s: %q, %v", what, got.Output, err)
			}
		}
	})
}

// What the filter says of each call, of whatever architecture a program is.
func TestKeyFilter(t *testing.T) {
	const x32 = 1 << 30
	tests := []struct {
		goarch string
		arch   uint32
		first  uint32
	}{
		{"amd64", unix.AUDIT_ARCH_X86_64, 248}, {"amd64", unix.AUDIT_ARCH_X86_64, x32 | 248}, {"amd64", unix.AUDIT_ARCH_I386, 286},
		{"arm64", unix.AUDIT_ARCH_AARCH64, 217}, {"arm64", unix.AUDIT_ARCH_ARM, 309},
	}
	for _, tt := range tests {
		filter := sandbox.KeyFilter(tt.goarch)
		for n := tt.first - 2; n < tt.first+5; n++ {
			want := uint32(unix.SECCOMP_RET_ALLOW)
			if n >= tt.first && n <= tt.first+2 {
				want = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
			}
			if got := ruling(t, filter, tt.arch, n); got != want {
				t.Errorf("%s: call %d of %#x: %#x, want %#x", tt.goarch, n, tt.arch, got, want)
			}
			if got := ruling(t, filter, unix.AUDIT_ARCH_MIPS, n); got != unix.SECCOMP_RET_ALLOW {
				t.Errorf("%s: call %d of another architecture: %#x", tt.goarch, n, got)
			}
		}
	}
	if got := sandbox.KeyFilter("other"); len(got) != 0 {
		t.Errorf("an architecture whose calls are not known has the filter %v", got)
	}
}

// ruling runs a filter the way the kernel does.
func ruling(t *testing.T, filter []unix.SockFilter, arch, number uint32) uint32 {
	t.Helper()
	var a uint32
	skip := func(f unix.SockFilter, yes bool) int {
		if yes {
			return int(f.Jt)
		}
		return int(f.Jf)
	}
	for at := 0; at < len(filter); at++ {
		f := filter[at]
		switch f.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = map[uint32]uint32{0: number, 4: arch}[f.K]
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= f.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			at += skip(f, a == f.K)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			at += skip(f, a >= f.K)
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			at += skip(f, a > f.K)
		case unix.BPF_RET | unix.BPF_K:
			return f.K
		default:
			t.Fatalf("instruction %d is %+v", at, f)
		}
	}
	t.Fatal("the filter has no end")
	return 0
}
