package host_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/host"
)

func TestList(t *testing.T) {
	got, err := host.List(" LLM.Example.com , llm.example.com:443,llm.example.com.,llm.example.com:08443, [::1]:80,10.0.0.7,")
	if diff := cmp.Diff(got, []string{"llm.example.com", "llm.example.com:8443", "[::1]:80", "10.0.0.7"}); err != nil || diff != "" {
		t.Errorf("%v, got-want:\n%s", err, diff)
	}
	if got, err := host.List(" "); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %q, %v", got, err)
	}
	for _, text := range []string{"https://x.example", "x.example/v1", "a b", "*.example.com", "x:0", "x:65536", "x:", ":80", "u@x.example", "x\ny", "-x", strings.Repeat("x", 300),
		strings.Repeat("a,", 3) + "b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v"} {
		if got, err := host.List(text); err == nil {
			t.Errorf("%q is %q", text, got)
		}
	}
}
