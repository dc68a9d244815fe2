package view

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// marks are files and folders that a CI runner keeps in its own folder: its credentials, its settings and its logs, in
// which there are tokens. Beside them lie .env and .path, but those projects have as well.
var marks = []string{".credentials", ".credentials_rsaparams", ".credentials_migrated", ".runner", ".runner_migrated", ".agent", "_diag"}

// runnerFolders are variables that name folders of a runner with what a step is not to see, and those in which jobs
// work: the runner's own folder is above them.
var (
	runnerFolders = []string{"RUNNER_TEMP", "AGENT_HOMEDIRECTORY", "AGENT_TEMPDIRECTORY", "JENKINS_HOME"}
	jobFolders    = []string{"GITHUB_WORKSPACE", "RUNNER_WORKSPACE", "AGENT_BUILDDIRECTORY", "CI_PROJECT_DIR", "WORKSPACE", "BUILDKITE_BUILD_CHECKOUT_PATH"}
)

// hideRunner hides the folders of the CI runner that this process is started by: those that the environment names, and
// each one above a job's folder, a hidden one or the program of a process above this one that has a runner's marks.
func (v *viewer) hideRunner(hidden []string, above []string) {
	for _, dir := range []string{"/etc/gitlab-runner", "/etc/buildkite-agent"} {
		v.hideFolder(dir)
	}
	starts := slices.Concat(hidden, above)
	for _, name := range slices.Concat(runnerFolders, jobFolders) {
		if dir := v.getenv(name); dir != "" {
			starts = append(starts, dir)
			if slices.Contains(runnerFolders, name) {
				v.hideFolder(dir)
			}
		}
	}
	for _, dir := range starts {
		if real, ok := folderAt(dir); ok {
			v.hideFolder(real + ".tmp") // of GitLab: variables of the kind file
			v.hideFolder(real + "@tmp") // of Jenkins: secret files
			v.climb(real)
		}
	}
}

// hideFolder hides a folder if it is there and programs can do without it.
func (v *viewer) hideFolder(dir string) {
	if real, ok := folderAt(dir); ok && !wide(real) {
		v.hide(Hide, real)
	}
}

// climb hides a folder with marks and those above it. Of one that cannot be hidden it hides the marks.
func (v *viewer) climb(dir string) {
	for ; ; dir = filepath.Dir(dir) {
		for _, name := range marks {
			path := filepath.Join(dir, name)
			info, err := os.Lstat(path)
			switch {
			case err != nil:
			case !wide(dir):
				v.hide(Hide, dir)
			case info.IsDir():
				v.hide(Hide, path)
			default:
				v.mounts[Mount{Kind: Seal, Path: path}] = true
			}
		}
		if dir == "/" {
			return
		}
	}
}

// ancestors returns the folders of the programs, and the working folders, of the processes above one: a runner is one of
// them wherever its jobs work. What may not be seen is left out.
func ancestors(pid string) (out []string) {
	for range 64 { // more than any has
		text, err := os.ReadFile("/proc/" + pid + "/status")
		if err != nil {
			return out
		}
		_, rest, _ := strings.Cut(string(text), "\nPPid:")
		line, _, _ := strings.Cut(rest, "\n")
		if pid = strings.TrimSpace(line); pid == "" || pid == "0" {
			return out
		}
		if exe, err := os.Readlink("/proc/" + pid + "/exe"); err == nil {
			out = append(out, filepath.Dir(exe))
		}
		if dir, err := os.Readlink("/proc/" + pid + "/cwd"); err == nil {
			out = append(out, dir)
		}
	}
	return out
}
