// Command requests makes the requests of a file, one after the other, and does nothing else: what BenchmarkNoChange holds
// the Action against.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type request struct {
	Method, URL string
	Header      http.Header
	Body        []byte
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var all []request
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	for _, r := range all {
		req, err := http.NewRequest(r.Method, r.URL, bytes.NewReader(r.Body))
		if err != nil {
			return err
		}
		req.Header = r.Header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode >= 300 {
			return fmt.Errorf("%s %s: %s, %v", r.Method, r.URL, resp.Status, err)
		}
	}
	return nil
}
