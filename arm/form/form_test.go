package form_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm/form"
)

func TestSplit(t *testing.T) {
	type parts = []form.Part
	tests := []struct {
		form  form.Form
		value string
		want  parts // nil when the value is not understood
	}{
		{"", "a/b:c", parts{{"model", "a/b:c"}}},
		{form.ProviderModel, "openai/gpt-5.4", parts{{"model", "gpt-5.4"}, {"provider", "openai"}}},
		{form.ProviderModel, "gpt-5.4", parts{{"model", "gpt-5.4"}}},
		{form.ProviderModel, "/gpt-5.4", parts{{"model", "/gpt-5.4"}}},
		{form.ProviderModel, "azure/x", parts{{"model", "x"}, {"provider", "azure"}}},
		{form.LiteLLM, "azure/x", parts{{"deployment", "x"}, {"provider", "azure"}}},
		{form.LiteLLM, "openai/azure/x", parts{{"model", "azure/x"}, {"provider", "openai"}}},
		{form.LiteLLM, "os.environ/X", nil},
		{form.LiteLLM, "x/*", nil},
		{form.LiteLLM, "x y\n", nil},
		{form.Promptfoo, "openai:responses:gpt-5.4", parts{{"model", "gpt-5.4"}, {"provider", "openai"}, {"api", "responses"}}},
		{form.Promptfoo, "vertex:gemini-3-pro", parts{{"model", "gemini-3-pro"}, {"provider", "vertex"}}},
		{form.Promptfoo, "openai/gpt-5.4", nil},
		{form.Promptfoo, "openai:responses", nil},
		{form.Promptfoo, "openai:responses:", nil},
		{form.Promptfoo, "openai:agents:a.ts", nil},
	}
	for _, tt := range tests {
		t.Run(string(tt.form)+" "+tt.value, func(t *testing.T) {
			got, wrong := tt.form.Split(tt.value)
			if diff := cmp.Diff(tt.want, got); diff != "" || (wrong == "") != (tt.want != nil) {
				t.Errorf("Split (-want +got), wrong %q:\n%s", wrong, diff)
			}
			if back, ok := tt.form.Join(tt.want); tt.want != nil && (!ok || back != tt.value) {
				t.Errorf("Join gives %q, %v", back, ok)
			}
		})
	}
}

func TestJoinWhatDoesNotFit(t *testing.T) {
	for name, tt := range map[string]struct {
		form form.Form
		list []form.Part
	}{
		"model with a slash alone": {form.ProviderModel, []form.Part{{"model", "a/b"}}},
		"provider with a slash":    {form.ProviderModel, []form.Part{{"model", "b"}, {"provider", "a/c"}}},
		"provider alone":           {form.ProviderModel, []form.Part{{"provider", "a"}}},
		"model at azure":           {form.LiteLLM, []form.Part{{"model", "gpt"}, {"provider", "azure"}}},
		"deployment elsewhere":     {form.LiteLLM, []form.Part{{"deployment", "gpt"}, {"provider", "openai"}}},
		"no provider":              {form.Promptfoo, []form.Part{{"model", "gpt"}}},
		"api of another":           {form.Promptfoo, []form.Part{{"model", "gpt"}, {"provider", "openai"}, {"api", "messages"}}},
		"nothing":                  {form.Promptfoo, nil},
	} {
		if got, ok := tt.form.Join(tt.list); ok {
			t.Errorf("%s is written as %q", name, got)
		}
	}
}

func TestParts(t *testing.T) {
	if got := form.Form("x").Parts(); got != nil {
		t.Errorf("a form that is not known has the parts %q", got)
	}
	if diff := cmp.Diff([]string{"model", "provider", "deployment", "api"}, form.Promptfoo.Parts()); diff != "" {
		t.Error(diff)
	}
}

// FuzzForms holds that Join is the inverse of Split, and that what is understood is made of parts of the form.
func FuzzForms(f *testing.F) {
	for _, value := range []string{"openai:chat:gpt-5.4", "bedrock:a.b-v1:0", "azure:x", "azure/x", "a/b/c", "os.environ/X", "a:b:c:d", ":", "/", "::", ""} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, x := range []form.Form{"", form.ProviderModel, form.LiteLLM, form.Promptfoo} {
			got, wrong := x.Split(value)
			if wrong != "" {
				if len(got) > 0 {
					t.Errorf("%q is wrong in %q and gives %v", value, x, got)
				}
				continue
			}
			if back, ok := x.Join(got); !ok || back != value {
				t.Errorf("%q in %q is %v, written as %q, %v", value, x, got, back, ok)
			}
		}
	})
}
