package sandbox

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// keyCalls are the system calls for the kernel's keyrings: add_key, request_key and keyctl, whose numbers follow one
// another, by the architectures that programs of a machine can be of. (Linux: arch/x86/entry/syscalls/syscall_64.tbl and
// syscall_32.tbl, include/uapi/asm-generic/unistd.h, arch/arm/tools/syscall.tbl)
var keyCalls = map[string][]keyCall{
	"amd64": {{unix.AUDIT_ARCH_X86_64, 248}, {unix.AUDIT_ARCH_I386, 286}},
	"arm64": {{unix.AUDIT_ARCH_AARCH64, 217}, {unix.AUDIT_ARCH_ARM, 309}},
}

type keyCall struct{ arch, first uint32 }

// closeKeyrings takes the kernel's keyrings from this thread and from what it starts: the calls are not there for them.
// What is in the keyring of a user outlasts every process, so that one trial could leave word for the next, and all
// programs that root runs are of one user. Once taken, it is for good. It needs PR_SET_NO_NEW_PRIVS.
func closeKeyrings() error {
	if _, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_USER_KEYRING, false); errors.Is(err, unix.ENOSYS) {
		return nil // there are none
	}
	filter := keyFilter(keyCalls[runtime.GOARCH])
	if len(filter) == 0 {
		return nil
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0); err != nil {
		return fmt.Errorf("closing the keyrings: %w", err)
	}
	runtime.KeepAlive(filter)
	return nil
}

// keyFilter returns a filter of system calls that answers those for keyrings with ENOSYS and lets all others pass.
func keyFilter(calls []keyCall) (out []unix.SockFilter) {
	const (
		number, arch = 0, 4            // offsets in the kernel's seccomp_data
		x32          = uint32(1) << 30 // marks the calls of another convention of AUDIT_ARCH_X86_64, with the same numbers
		load         = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		leave        = unix.BPF_RET | unix.BPF_K
		pass         = unix.SECCOMP_RET_ALLOW
		refuse       = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
	)
	jump := func(how uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | how, Jt: yes, Jf: no, K: k}
	}
	for _, c := range calls {
		out = append(out,
			unix.SockFilter{Code: load, K: arch},
			jump(unix.BPF_JEQ, c.arch, 0, 6), // to the next architecture
			unix.SockFilter{Code: load, K: number},
			unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: ^x32},
			jump(unix.BPF_JGE, c.first, 0, 2),
			jump(unix.BPF_JGT, c.first+2, 1, 0),
			unix.SockFilter{Code: leave, K: refuse},
			unix.SockFilter{Code: leave, K: pass},
		)
	}
	if len(out) > 0 {
		out = append(out, unix.SockFilter{Code: leave, K: pass})
	}
	return out
}
