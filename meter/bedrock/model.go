package bedrock

import "strings"

// profiles are the words in front of a model's id that name a system-defined inference profile: the geography
// in which a request may be served.
var profiles = []string{"us", "eu", "apac", "jp", "au", "us-gov", "global"}

// Model splits the model of a path into its id and the word of its inference profile: "eu.anthropic.claude-x" is
// the model "anthropic.claude-x" in "eu". The profile is "" when there is none. Nothing else is cut off.
func Model(name string) (id, profile string) {
	word, rest, ok := strings.Cut(name, ".")
	for _, p := range profiles {
		if ok && word == p && rest != "" {
			return rest, p
		}
	}
	return name, ""
}
