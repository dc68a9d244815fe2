package markup

// Style is how the pieces of a sentence look in one format, so that every format says the same words.
type Style struct {
	Bold func(string) string // of our own words and numbers, never of another's string
	Code func(string) string // a value that another wrote
	Rich func(string) string // a sentence that another wrote
}

// GitHub is the style of Markdown. It is not changed.
var GitHub = Style{Bold: func(s string) string { return "**" + s + "**" }, Code: Code, Rich: Rich}

// Plain is the style of titles and annotations, which GitHub shows as they are, and of terminals. It is not changed.
var Plain = Style{Bold: func(s string) string { return s }, Code: Value, Rich: Sentence}
