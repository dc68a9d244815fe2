package harness

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// What programs were seen to say, or what their kind may say, when they are asked for their version.
func TestOddVersions(t *testing.T) {
	for answer, want := range map[string]string{
		"\x1b[32m1.2.3\x1b[0m\r\n":      "1.2.3",
		"v1.2.3-rc.1+build.5\n":         "1.2.3-rc.1",
		"1.2.3-0\n":                     "1.2.3-0",
		"1.2.3-\n":                      "1.2.3",
		"1.2.3.\n":                      "1.2.3",
		"1.2.3, built by x":             "1.2.3",
		"tool/1.2.3 linux-x64 node-v20": "1.2.3",
		"\ufeff1.2.3":                   "1.2.3",
		"warning: no answer from 127.0.0.1:8080\n1.2.3\n": "1.2.3",
		"1.2.3.4":                             "",
		"10.0.0.1 and 10.0.0.2":               "",
		"1.2.x":                               "",
		"version one":                         "",
		"\x00\xff":                            "",
		strings.Repeat("1.", 1<<12):           "",
		strings.Repeat("a", 4<<10) + " 1.2.3": "1.2.3",
		"0.0.0":                               "0.0.0",
	} {
		if got := readVersion([]byte(answer)); got != want {
			t.Errorf("the version in %.60q is %q, want %q", answer, got, want)
		}
	}
}

func FuzzVersion(f *testing.F) {
	f.Add([]byte("codex-cli 0.169.0\n"))
	f.Add([]byte("127.0.0.1 v1.2.3-beta.1+x"))
	whole := regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]([0-9A-Za-z.-]*[0-9A-Za-z])?)?$`)
	f.Fuzz(func(t *testing.T, answer []byte) {
		got := readVersion(answer)
		if got != "" && (!whole.MatchString(got) || !bytes.Contains(answer, []byte(got))) {
			t.Errorf("the version in %q is %q", answer, got)
		}
	})
}

// How to install an agent is said with an exact version.
func TestInstall(t *testing.T) {
	for _, a := range agents() {
		if got := a.install(); !strings.Contains(got, "npm install --global "+a.Package+"@") || a.Tested != "" && !strings.HasSuffix(got, "@"+a.Tested) {
			t.Errorf("%s is installed so: %s", a.Name, got)
		}
	}
	if got := (Agent{Package: "p"}).install(); !strings.HasSuffix(got, "p@VERSION") {
		t.Errorf("an agent that was not tried is installed so: %s", got)
	}
}

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{"": `""`, "a\nb": `"a\nb"`, strings.Repeat("x", 60): `"` + strings.Repeat("x", 60) + `"`,
		strings.Repeat("x", 61): `"` + strings.Repeat("x", 60) + `"...`, strings.Repeat("x", 59) + "é": `"` + strings.Repeat("x", 59) + `"...`} {
		if got := shorten(in); got != want || !utf8.ValidString(got) {
			t.Errorf("%q is shortened to %s, want %s", in, got, want)
		}
	}
}

// FuzzFill holds a value to be in its place as it is, whatever is in it.
func FuzzFill(f *testing.F) {
	f.Add("{token}", "{model} {effort}")
	f.Add("m", "{{model}}")
	f.Fuzz(func(t *testing.T, value, around string) {
		got, whole := vocabulary{"model": value}.fill(around + "{model}" + around)
		if placeholder.MatchString(around) || strings.ContainsAny(around, "{}") {
			return // has names of its own, or makes others
		}
		if want := around + value + around; got != want || !whole {
			t.Errorf("%q between %q is %q", value, around, got)
		}
	})
}
