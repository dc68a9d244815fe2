//go:build !linux

package process

import "os"

func conceal([]string) (func(string) string, error) { return os.Getenv, nil }
