package contract

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"memcachedsoap/scripts/clients"
)

// Sample is a program that calls the service.
type Sample struct {
	Folder  string // of its page in scripts/clients
	Name    string // of the language
	Install string // commands before the program; may be ""
	File    string // the name under which a reader saves the program
	Program string
	Run     string // commands that run it
}

// languages are the samples in their order on the page.
func languages() []Sample {
	return []Sample{
		{Folder: "php", Name: "PHP"},
		{Folder: "java", Name: "Java"},
		{Folder: "dotnet", Name: "C#"},
		{Folder: "python", Name: "Python"},
		{Folder: "perl", Name: "Perl"},
		{Folder: "node", Name: "Node"},
		{Folder: "go", Name: "Go"},
	}
}

// pageAddress is the address of the endpoint on the pages of the clients.
const pageAddress = "http://127.0.0.1:8080/soap"

// Samples returns the first program of the page of each language, and the commands around
// it. The tests follow these pages. It panics if a page has another form.
func Samples() []Sample {
	samples := languages()
	for i := range samples {
		read, err := samples[i].read()
		if err != nil {
			panic(err) // the pages are embedded, and a test reads them
		}
		samples[i] = read
	}
	return samples
}

// block matches a fenced block: its language, the name of its file, its text.
var block = regexp.MustCompile("(?ms)^```(\\w+)(?: ([^\n]*))?\n(.*?)^```$")

// read returns the sample with what its page has. The commands that install what it needs stand
// between the heading of its section and the program, and those that run it behind it.
func (s Sample) read() (Sample, error) {
	text, err := fs.ReadFile(clients.Pages, s.Folder+"/README.md")
	if err != nil {
		return s, err //nolint:wrapcheck // it names the file
	}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		for _, found := range block.FindAllStringSubmatch(section, -1) {
			language, file, code := found[1], found[2], found[3]
			switch {
			case s.Program == "" && language == "sh":
				s.Install += code
			case s.Program == "":
				s.File, s.Program = file, code
			case language == "sh":
				s.Run = code
				return s, nil
			}
		}
		s.Install, s.File, s.Program = "", "", ""
	}
	return s, fmt.Errorf("contract: %s/README.md has no program with commands behind it", s.Folder)
}

// at returns the sample for a service at another address, which is safe between the
// quotes of every language, see [quotable].
func (s Sample) at(address string) Sample {
	s.Install = strings.ReplaceAll(s.Install, pageAddress, address)
	s.Program = strings.ReplaceAll(s.Program, pageAddress, address)
	s.Run = strings.ReplaceAll(s.Run, pageAddress, address)
	return s
}

// quotable returns an address in which no character ends a quotation, or means something
// to a shell or to a language, between quotes or without: others are percent-encoded.
func quotable(address string) string {
	var b strings.Builder
	for _, c := range []byte(address) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:/[]?=+,%", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
