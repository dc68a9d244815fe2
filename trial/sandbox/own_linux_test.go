package sandbox_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
)

// A file that a set-up has linked into the workspace is the program's to change there, and stays what it is elsewhere.
func TestWayHardLinks(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		var outside string
		got, err := l.run(t, "echo changed >> deep/hard && cat deep/hard; chmod 600 deep/hard", func(p *process.Program) {
			outside = filepath.Join(filepath.Dir(l.work), "store")
			for _, err := range []error{os.WriteFile(outside, []byte("kept\n"), 0o644), os.Mkdir(l.work+"/deep", 0o755), os.Link(outside, l.work+"/deep/hard")} {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
		if want := "kept\nchanged\n"; string(got.Output) != want || err != nil {
			t.Errorf("inside: %q, %v, want %q", got.Output, err, want)
		}
		text, err := os.ReadFile(outside)
		info, statErr := os.Stat(outside)
		if string(text) != "kept\n" || err != nil || statErr != nil || info.Mode() != 0o644 || owner(t, outside) != os.Getuid() {
			t.Errorf("outside: %q, %v, %v, owner %d", text, err, info, owner(t, outside))
		}
	})
}

// A room whose folders are not there, or are no folders of a room, is refused.
func TestWayRooms(t *testing.T) {
	eachWay(t, func(t *testing.T, l *lab) {
		_ = l.prepare(t, "true", nil)
		p := process.Program{Argv: []string{"true"}, Dir: l.work}
		for name, change := range map[string]func(*process.Program, *trial.Room){
			"nothing to start":           func(p *process.Program, _ *trial.Room) { p.Argv = nil },
			"in a sandbox already":       func(p *process.Program, _ *trial.Room) { p.Keeper = &process.Keeper{} },
			"a folder that is not there": func(_ *process.Program, r *trial.Room) { r.Write = []string{l.work + "/none"} },
			"a relative folder":          func(_ *process.Program, r *trial.Room) { r.Write = []string{"work"} },
			"everything":                 func(_ *process.Program, r *trial.Room) { r.Write = []string{"/"} },
			"no folder for the sandbox":  func(_ *process.Program, r *trial.Room) { r.Aside = "" },
			"one that is used":           func(_ *process.Program, _ *trial.Room) {},
			"one that is not there":      func(_ *process.Program, r *trial.Room) { r.Aside += "/none" },
			"a file to write, no folder": func(_ *process.Program, r *trial.Room) { r.Write = []string{"/etc/passwd"} },
		} {
			p, r := p, l.room
			change(&p, &r)
			if in, err := l.Inside(p, r); err == nil {
				t.Errorf("%s: accepted as %v", name, in.Argv)
			}
		}
	})
}

func owner(t *testing.T, name string) int {
	t.Helper()
	info, err := os.Lstat(name)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Sys().(*syscall.Stat_t).Uid)
}
