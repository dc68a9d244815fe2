package app_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/pertask/pertask/app"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/internal/need"
)

const deploy = "../deploy"

var variable = regexp.MustCompile(`(?m)(PERTASK_APP_[A-Z_]+)(?:=|:|$)\s*(\S*)`)

// TestDeployVariables holds what the files of deploy set against what the server takes.
func TestDeployVariables(t *testing.T) {
	files, err := filepath.Glob(deploy + "/*")
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v; want 4", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range variable.FindAllStringSubmatch(string(text), -1) {
			names = append(names, m[1])
		}
		if len(names) == 0 {
			t.Errorf("%s sets nothing", file)
		}
		if _, err := app.Parse(nil, func(string) string { return "" }, names, io.Discard); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestDeployKubernetes looks at what a cluster would be told.
func TestDeployKubernetes(t *testing.T) {
	text, err := os.ReadFile(deploy + "/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	type probe struct {
		HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
	}
	type object struct {
		Kind string
		Spec struct {
			Replicas int
			Template struct {
				Spec struct {
					Grace      int            `yaml:"terminationGracePeriodSeconds"`
					Security   map[string]any `yaml:"securityContext"`
					Containers []struct {
						Args      []string
						Env       []struct{ Name, Value string }
						Liveness  probe `yaml:"livenessProbe"`
						Readiness probe `yaml:"readinessProbe"`
					}
				}
			}
		}
	}
	kinds := map[string]bool{}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var o object
		if err := d.Decode(&o); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if kinds[o.Kind] = true; o.Kind != "Deployment" {
			continue
		}
		pod := o.Spec.Template.Spec
		env, names := map[string]string{}, []string{}
		for _, v := range pod.Containers[0].Env {
			if env[v.Name] = v.Value; strings.HasSuffix(v.Name, "_FILE") {
				env[v.Name] = "" // there is no such file here
			}
			names = append(names, v.Name)
		}
		c, err := app.Parse(pod.Containers[0].Args[1:], func(name string) string { return env[name] }, names, io.Discard)
		if err != nil {
			t.Errorf("the container's environment: %v", err)
		}
		if o.Spec.Replicas != 2 || float64(pod.Grace) <= c.Grace.Seconds() || pod.Security["runAsNonRoot"] != true {
			t.Errorf("%d replicas, %d s to end for a grace of %s, %v", o.Spec.Replicas, pod.Grace, c.Grace, pod.Security)
		}
		if p := pod.Containers[0]; p.Liveness.HTTPGet.Path != "/healthz" || p.Readiness.HTTPGet.Path != "/readyz" || p.Args[0] != "serve" {
			t.Errorf("probes %v and %v of %v", p.Liveness, p.Readiness, p.Args)
		}
	}
	if !kinds["Deployment"] || !kinds["Service"] {
		t.Errorf("kinds %v", kinds)
	}
}

// TestDeploySystemd has systemd read the unit.
func TestDeploySystemd(t *testing.T) {
	need.Program(t, "systemd-analyze")
	text, err := os.ReadFile(deploy + "/pertask-app.service")
	if err != nil {
		t.Fatal(err)
	}
	// A program that is there, since that is looked at too.
	file := filepath.Join(t.TempDir(), "pertask-app.service")
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("/usr/local/bin/pertask-app serve"), []byte("/bin/true serve")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestDocumentedFlags holds docs/app.md against what serve --help prints. With -update it is rewritten.
func TestDocumentedFlags(t *testing.T) {
	var help strings.Builder
	if _, err := app.Parse([]string{"--help"}, func(string) string { return "" }, nil, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("--help: %v", err)
	}
	const file, from, to = "../docs/app.md", "<!-- flags -->\n", "<!-- /flags -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the flags", file)
	}
	golden.Check(t, file, before+from+"```console\n$ pertask-app serve --help\n"+help.String()+"```\n"+to+after)
}
