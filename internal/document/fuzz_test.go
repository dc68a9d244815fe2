package document_test

import (
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"github.com/pertask/pertask/internal/document"
)

// FuzzDotenvAgainstLibrary compares values with what the library reads from the file as a whole. We refuse more
// files than it does; where both read one, they agree.
func FuzzDotenvAgainstLibrary(f *testing.F) {
	for _, s := range []string{"A=b", "A=b # c", "A='b' # c\nB=\"c\\\"d\"", "export A = b", "A: b", "A=\n\n#\nB=x", "A=#x", "A='a\nb'", "A=b#c #d", "A=\"'x'\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := document.Parse(".env", []byte(text))
		if err != nil || strings.HasPrefix(text, "\ufeff") {
			return
		}
		values := map[string]string{}
		for _, name := range []string{"A", "B"} {
			v, ok, err := d.Scalar(selector(t, name))
			if err != nil {
				return
			}
			if ok {
				values[name] = v.Text
			}
		}
		want, err := godotenv.Unmarshal(text)
		if err != nil {
			t.Fatalf("%q is read here, and by the library with %v", text, err)
		}
		for _, name := range []string{"A", "B"} {
			g, ok := values[name]
			if w, has := want[name]; ok != has || g != w {
				t.Errorf("%q: %s is %q, %v, in the library %q, %v", text, name, g, ok, w, has)
			}
		}
	})
}
