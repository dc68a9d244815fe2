package document

import (
	"fmt"
	"path"
	"strings"
)

// Format is the syntax of a file. The zero value is none that is known.
type Format int

const (
	unknownFormat Format = iota
	yamlFormat
	jsonFormat
	tomlFormat
	Dotenv // variables in one row, without a mapping or a list
)

// FormatOf returns the format that a file's name stands for: .yaml and .yml, .json and .jsonc, .toml, and .env,
// .env.local, prod.env or dotenv.
func FormatOf(name string) (Format, error) {
	base := strings.ToLower(path.Base(name))
	switch path.Ext(base) {
	case ".yaml", ".yml":
		return yamlFormat, nil
	case ".json", ".jsonc":
		return jsonFormat, nil
	case ".toml":
		return tomlFormat, nil
	case ".env":
		return Dotenv, nil
	}
	if strings.HasPrefix(base, ".env.") || base == "dotenv" {
		return Dotenv, nil
	}
	return unknownFormat, fmt.Errorf("%s: format is not known; .yaml, .yml, .json, .jsonc, .toml, .env and .env.* are allowed", Shorten(name, 200))
}
