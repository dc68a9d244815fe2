//go:build ignore

// This program writes the price book, or cuts the quotes for it out of raw price files.
//
//	go run generate_book.go -write
//	go run generate_book.go -import quotes/langfuse.jsonl default-model-prices.json
//
// With -write it makes ../book.json from decisions.json and quotes/, and refuses while something is not
// decided. With -import it replaces the quotes of one source by those of the given files, for the models that
// decisions.json lists. The first line of the file, which names the source's version, date and licence, is kept:
// change it by hand first. Run it in this folder; go generate does.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"github.com/pertask/pertask/price/listing"
	"log"
	"os"

	"github.com/pertask/pertask/price/seed"
)

func main() {
	log.SetFlags(0)
	write := flag.Bool("write", false, "write ../book.json")
	into := flag.String("import", "", "`file` of quotes to cut anew from the price files that are given as arguments")
	flag.Parse()
	var err error
	switch {
	case *into != "":
		err = cut(*into, flag.Args())
	case *write:
		err = book("../book.json")
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func book(to string) error {
	d, sources, quotes, err := seed.ReadInputs(os.DirFS("."))
	if err != nil {
		return err
	}
	data, findings, err := seed.Generate(d, sources, quotes)
	for _, f := range findings {
		fmt.Println(f)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

func cut(to string, from []string) error {
	old, err := os.ReadFile(to)
	if err != nil {
		return err
	}
	source, _, err := seed.ReadQuotes(bytes.NewReader(old))
	if err != nil {
		return err
	}
	decisions, err := os.ReadFile("decisions.json")
	if err != nil {
		return err
	}
	d, err := seed.ParseDecisions(decisions)
	if err != nil {
		return err
	}
	var quotes []seed.Quote
	for _, name := range from {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		got, more, err := listing.Read(name, f)
		f.Close()
		if err != nil {
			return err
		}
		if got.Format != source.Format {
			return fmt.Errorf("%s is a file of %s, %s holds quotes of %s", name, got.Format, to, source.Format)
		}
		quotes = append(quotes, more...)
	}
	if quotes, err = seed.Cut(d, quotes); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := seed.WriteQuotes(&out, source, quotes); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
