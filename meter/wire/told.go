package wire

import "bytes"

// Told returns a function that finds the first place in JSON texts where a name has a value that is not null. The name
// is written with its closing quote and without its opening one, because a search goes by the first byte, and quotes
// are everywhere. Text between quotes cannot look so: a quote within it is escaped. A text that ends within the value
// tells it.
func Told(name string) func(text []byte) int {
	needle := []byte(name)
	return func(text []byte) int {
		for at := 0; ; {
			i := bytes.Index(text[at:], needle)
			if i < 0 {
				return -1
			}
			after := at + i + len(needle)
			value := bytes.TrimLeft(text[after:], ": \t\r\n")
			if !bytes.HasPrefix(value, []byte("null")) {
				return at + i
			}
			at = len(text) - len(value)
		}
	}
}
