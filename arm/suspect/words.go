package suspect

import (
	"slices"
	"strings"
	"unicode"
)

// traits are what the words of one key say.
type traits uint16

const (
	strong     traits = 1 << iota // a setting of a model, wherever it stands
	weak                          // a setting of a model where models are set
	redirect                      // the place where calls go
	vendor                        // names a provider of models, or a program that calls them
	text                          // a text for people or for the model
	shows                         // says what is shown
	credential                    // a key, which never counts: calls carry the proxy's
	label                         // says nothing about what a model does, whatever it stands in
	silent                        // nothing in it is a setting of a model
	hushed                        // likewise, save a known model under a key that is called one
	model                         // is called a model
	foreign                       // settings of other programs are in it
	elsewhere                     // is about another service
	list                          // may be a list of models: what stands in its elements counts by its own key only
	names                         // its keys are names that someone has chosen
	providers                     // its keys are providers
)

func (t traits) has(any traits) bool { return t&any != 0 }

// maxKey is longer than the name of a setting. Of a longer key the words are not read: a file may repeat it often.
const maxKey = 100

// traitsOf returns the traits of a key.
func (f *Finder) traitsOf(key string) traits {
	if len(key) > maxKey || key == "" {
		return 0
	}
	t, ok := f.traits[key]
	if !ok {
		if t = read(words(key)); f.models[strings.ToLower(key)] {
			t |= strong
		}
		f.traits[strings.Clone(key)] = t
	}
	return t
}

// byWord has what a word says wherever it stands in a key.
var byWord = index(map[traits]string{
	strong: `model models effort reasoning thinking think verbosity temperature tokens sampling penalty
		topp topk maxtokens bedrock vertex foundry architect betas`,
	weak:      `provider providers tier tiers variant variants fallback fallbacks alias aliases router routing`,
	redirect:  `url urls uri host hostname endpoint endpoints baseurl apibase apiurl apihost`,
	elsewhere: `mcp mcpjson hook hooks plugin plugins marketplace marketplaces lsp database db redis postgres telemetry otel update log logs logging`,
	silent:    `cost costs price prices pricing`,
})

// byLast has what the last word of a key says.
var byLast = index(map[traits]string{
	redirect:   `base proxy proxies`,
	text:       `description descriptions desc comment comments note notes title prompt prompts template message help schema docs`,
	credential: `key keys secret secrets password credential credentials token auth`,
	label:      `name label icon color timeout ms retries enabled`,
	hushed:     `permission permissions tools tool`,
	model:      `model models`,
})

// byKey has what a whole key says, its words joined.
var byKey = index(map[traits]string{
	silent:    `vars notice modelinfo projectdocfallbackfilenames`,
	hushed:    `allow deny ask keybinds keybindings theme ui tui telemetry otel analytics info statusline`,
	foreign:   `context contextproviders docs server servers cache cacheparams sharing share sandbox formatter websearch search enterprise skills`,
	list:      `modellist models providers targets`,
	names:     `agent agents command commands mode modes profile profiles skills`,
	providers: `providers modelproviders`,
	// An exact key that chooses between what has been set up, or that goes into every request.
	strong: `defaultagent selectedtype fastmode extrabody contextwindow contextlength previewfeatures
		topp topk promptcaching cacheprompts`,
})

// vendors stand anywhere in a key, also inside of a word.
var vendors = strings.Fields(`openai anthropic claude gemini vertex bedrock azure openrouter ollama litellm deepseek mistral groq
	cohere moonshot dashscope qwen codex aider copilot llm genai xai`)

func index(lists map[traits]string) map[string]traits {
	out := map[string]traits{}
	for t, list := range lists {
		for _, w := range strings.Fields(list) {
			out[w] |= t
		}
	}
	return out
}

// read returns what the words of a key say.
func read(words []string) traits {
	if len(words) == 0 {
		return 0
	}
	joined, last := strings.Join(words, ""), words[len(words)-1]
	t := byLast[last] | byKey[joined]
	if byKey[joined].has(strong) {
		t &^= text
	}
	for _, w := range words {
		t |= byWord[w]
	}
	switch words[0] {
	case "hide", "show", "display":
		t |= shows
	}
	for _, key := range []string{"fastmode", "extrabody", "promptcaching", "topp", "topk"} {
		// Variables have the name of their program in front, and "disable" or "custom".
		if len(words) > 1 && strings.HasSuffix(joined, key) {
			t |= strong
		}
	}
	if slices.ContainsFunc(vendors, func(v string) bool { return strings.Contains(joined, v) }) {
		t |= vendor
	}
	return t
}

// plurals writes plurals of short forms so that their s stays with them.
var plurals = strings.NewReplacer("URLs", "Urls", "URIs", "Urls", "APIs", "Apis", "LLMs", "Llms")

// words returns the words of a key in lower case: "baseURL", "base-url" and "BASE_URL" are base and url.
func words(key string) []string {
	var out []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	runes := []rune(plurals.Replace(key))
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		if unicode.IsUpper(r) && i > 0 {
			follows := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) || follows {
				end()
			}
		}
		word = append(word, r)
	}
	end()
	return out
}
