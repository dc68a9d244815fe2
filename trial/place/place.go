// Package place makes the folders of one trial: its workspace, its home and what else it may write.
//
// It knows what is copied there from the base, hidden from an agent and put back for a grader, and how much the folders
// hold. It refuses to know programs, arms and what becomes of a trial.
package place

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial/folder"
)

// Place is the folders of one trial. Their names are random and of one length: agents tell their models where
// they work, and neither the arm nor a longer path may make a difference there.
type Place struct {
	scratch *os.Root // the folder that holds those of all trials
	name    string   // of this trial's folder in it
	dir     string   // absolute path of this trial's folder
	root    *os.Root // the workspace, held open since before the agent was started
}

// Work is the absolute path of the workspace.
func (p *Place) Work() string { return filepath.Join(p.dir, "work") }

// Home is the absolute path of the folder that serves as HOME.
func (p *Place) Home() string { return filepath.Join(p.dir, "home") }

// Temp is the absolute path of the folder for temporary files.
func (p *Place) Temp() string { return filepath.Join(p.dir, "temp") }

// Settings is the absolute path of the folder for the watched files with the arm's values.
func (p *Place) Settings() string { return filepath.Join(p.dir, "settings") }

// Beside is the absolute path of something beside the four folders, which no program of the trial may write.
func (p *Place) Beside(name string) string { return filepath.Join(p.dir, name) }

// Root is the workspace as it was made, whatever stands at its path by now.
func (p *Place) Root() *os.Root { return p.root }

// newFolder makes a folder that nobody else can have prepared.
func newFolder(scratch *os.Root, parts ...string) (name string, err error) {
	random := make([]byte, 8)
	rand.Read(random) // never fails
	name = hex.EncodeToString(random)
	if err := scratch.Mkdir(name, 0o700); err != nil {
		return "", err
	}
	for _, part := range parts {
		if err := scratch.Mkdir(filepath.Join(name, part), 0o700); err != nil {
			return name, err
		}
	}
	return name, nil
}

// New makes the folders of a trial, all empty, in the folder that holds those of all trials.
func New(scratch *os.Root) (*Place, error) {
	name, err := newFolder(scratch, "work", "home", "temp", "settings")
	if err != nil {
		return nil, err
	}
	p := &Place{scratch: scratch, name: name, dir: filepath.Join(scratch.Name(), name)}
	p.root, err = scratch.OpenRoot(filepath.Join(name, "work"))
	return p, err
}

// Remove deletes the folders. What other users own in them may stay, and is an error.
func (p *Place) Remove() error {
	return errors.Join(p.root.Close(), folder.Remove(p.scratch, p.name))
}

// Intact reports whether the workspace still is the folder that was made. An agent can move it away and leave
// a link to another folder in its place; nothing may run there.
func (p *Place) Intact() bool {
	there, err := os.Lstat(p.Work())
	if err != nil || !there.IsDir() {
		return false
	}
	ours, err := p.root.Stat(".")
	return err == nil && os.SameFile(there, ours)
}

// Fill copies the task's workspace and writes the overlay over it.
func (p *Place) Fill(ctx context.Context, source fs.FS, task suite.Task, overlay map[string][]byte) error {
	if task.Workspace != "" {
		c := folder.Copier{Source: source, Root: p.root, Skip: task.GraderFiles}
		if err := c.Copy(ctx, task.Workspace, "."); err != nil {
			return fmt.Errorf("copying the workspace: %w", err)
		}
	}
	if len(overlay) == 0 {
		return nil
	}
	settings, err := os.OpenRoot(p.Settings())
	if err != nil {
		return fmt.Errorf("writing the settings: %w", err)
	}
	defer settings.Close()
	for name, data := range overlay {
		mode := fs.FileMode(0o644)
		if info, err := fs.Stat(source, name); err == nil {
			mode = info.Mode()
		}
		if err := folder.Write(settings, name, data, mode); err != nil {
			return fmt.Errorf("writing the settings: %w", err)
		}
		inside, ok := below(task.Workspace, name)
		if !ok {
			continue
		}
		if err := folder.Write(p.root, inside, data, mode); err != nil {
			return fmt.Errorf("writing the settings into the workspace: %w", err)
		}
	}
	return nil
}

// Hide removes files and folders of the workspace.
func (p *Place) Hide(names []string) error {
	for _, name := range names {
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("%q is not a path inside the workspace", name)
		}
		if err := folder.Remove(p.root, name); err != nil {
			return err
		}
	}
	return nil
}

// below returns the path of a file of the repository relative to a workspace, if it lies in it.
func below(workspace, name string) (string, bool) {
	if workspace == "" {
		return "", false
	}
	if path.Clean(workspace) == "." {
		return name, true
	}
	return strings.CutPrefix(name, path.Clean(workspace)+"/")
}

// Restore puts the protected files back to what they are in the base and adds the grader's own files. What
// is protected and does not exist in the base is removed.
func (p *Place) Restore(ctx context.Context, source fs.FS, task suite.Task) error {
	c := folder.Copier{Source: source, Root: p.root, Skip: task.GraderFiles}
	for _, name := range task.Protect {
		if err := p.putBack(ctx, c, task.Workspace, path.Clean(name)); err != nil {
			return fmt.Errorf("restoring %q: %w", name, err)
		}
	}
	if task.GraderFiles == "" {
		return nil
	}
	c.Skip = ""
	if err := c.Copy(ctx, task.GraderFiles, "."); err != nil {
		return fmt.Errorf("copying the grader's files: %w", err)
	}
	return nil
}

func (p *Place) putBack(ctx context.Context, c folder.Copier, workspace, name string) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return errors.New("not a path inside the workspace")
	}
	if name == "." {
		if err := folder.Empty(p.root); err != nil {
			return err
		}
	} else if err := c.Parents(name); err != nil {
		return err
	} else if err := folder.Remove(p.root, name); err != nil {
		return err
	}
	if workspace == "" {
		return nil
	}
	from := path.Join(workspace, name)
	if _, err := fs.Lstat(c.Source, from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return c.Copy(ctx, from, name)
}
