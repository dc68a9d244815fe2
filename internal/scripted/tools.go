package scripted

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
)

// tool is a tool that a request offers.
type tool struct {
	name, namespace string
	custom          bool     // it takes a text and not an object
	params          []string // names of the object's members
}

// call is a call of a tool.
type call struct {
	id, name, namespace string
	args                map[string]any // of a tool that takes an object
	input               string         // of a tool that takes a text
	custom              bool
}

// arguments is the object as agents get it from OpenAI: JSON in a string.
func (c call) arguments() string {
	text, err := json.Marshal(c.args)
	if err != nil {
		return "{}" // strings and lists of them always have a JSON form
	}
	return string(text)
}

// way is how a tool of that name is told to write a file.
type way struct {
	name string
	call func(t tool, file, text string) (args map[string]any, input string)
}

// ways are tried in this order: tools that write a file come before those that run a command.
var ways = []way{
	{"Write", write}, {"write_file", write}, {"write", write},
	{"exec_command", command}, {"bash", command}, {"Bash", command}, {"shell", command}, {"run_shell_command", command}, {"run_commands", command},
	{"exec", javascript},
}

// writes returns the name of the tool that the script calls, or "" where it answers with words.
func (q request) writes() string {
	if c := q.call(""); c != nil {
		return c.name
	}
	return ""
}

func (q request) call(id string) *call {
	if q.done || q.file == "" {
		return nil
	}
	for _, w := range ways {
		i := slices.IndexFunc(q.tools, func(t tool) bool { return t.name == w.name })
		if i < 0 {
			continue
		}
		t := q.tools[i]
		file := q.file
		if w.name == "write_file" && q.dir != "" {
			file = path.Join(q.dir, file)
		}
		args, input := w.call(t, file, q.text)
		return &call{id: id, name: t.name, namespace: t.namespace, custom: t.custom, args: args, input: input}
	}
	return nil
}

// write fills in the arguments of a tool that writes a file, by the name that it has for the path.
func write(t tool, file, text string) (map[string]any, string) {
	for _, name := range []string{"file_path", "filePath", "absolute_path"} {
		if slices.Contains(t.params, name) {
			return map[string]any{name: file, "content": text}, ""
		}
	}
	return map[string]any{"path": file, "content": text}, ""
}

// command fills in the arguments of a tool that runs a command. The alphabet of a Prompt needs no quotes.
func command(t tool, file, text string) (map[string]any, string) {
	line := shell(file, text)
	args := map[string]any{}
	switch {
	case slices.Contains(t.params, "commands"):
		args["commands"] = []string{line}
	case slices.Contains(t.params, "cmd"):
		args["cmd"] = line
	default:
		args["command"] = line
	}
	if slices.Contains(t.params, "description") {
		args["description"] = "Write the file"
	}
	return args, ""
}

// shell has no character that JSON or XML writes in another way.
func shell(file, text string) string { return fmt.Sprintf("printf %%s %s | tee %s", text, file) }

// javascript is for the tool of Codex that runs a script in which its other tools are functions.
func javascript(_ tool, file, text string) (map[string]any, string) {
	return nil, fmt.Sprintf("const r = await tools.exec_command({cmd: %q}); text(r);", shell(file, text))
}
