package wsdltest

import (
	"embed"
	"encoding/xml"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"memcachedsoap/wsdl"
)

// schemas holds what surrounds a message of the contract: the envelopes of
// SOAP 1.1 and 1.2. They import session.xsd, which is cut from the WSDL.
//
//go:embed schema/*.xsd
var schemas embed.FS

// Validate fails the test unless each message is a SOAP 1.1 or 1.2 envelope as
// this contract allows it: one element of the contract's, or one fault, in
// its Body, valid by schema down to the last attribute.
func Validate(tb testing.TB, messages ...[]byte) {
	tb.Helper()
	dir := tb.TempDir()
	writeSchemas(tb, dir)
	for some := range slices.Chunk(messages, maxFiles) {
		if validate(tb, dir, some...) == nil {
			continue
		}
		for _, message := range some { // which of them
			if err := validate(tb, dir, message); err != nil {
				tb.Errorf("wsdltest: %v\nmessage: %s", err, message)
			}
		}
	}
}

// maxFiles bounds how many messages one xmllint is given.
const maxFiles = 500

func validate(tb testing.TB, dir string, messages ...[]byte) error {
	tb.Helper()
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		tb.Fatal("wsdltest: xmllint is missing: make deps installs it")
	}
	folder := tb.TempDir()
	args := []string{"--noout", "--nonet", "--schema", filepath.Join(dir, "envelope.xsd")}
	for i, message := range messages {
		// xmllint takes any declared element as the root.
		var root struct {
			XMLName xml.Name `xml:"Envelope"`
		}
		if err := xml.Unmarshal(message, &root); err != nil {
			return fmt.Errorf("not an envelope: %w", err)
		}
		path := filepath.Join(folder, strconv.Itoa(i)+".xml")
		if err := os.WriteFile(path, message, 0o600); err != nil {
			return err
		}
		args = append(args, path)
	}
	if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("xmllint: %w: %s", err, out)
	}
	return nil
}

func writeSchemas(tb testing.TB, dir string) {
	tb.Helper()
	own, err := fs.Sub(schemas, "schema")
	if err == nil {
		err = os.CopyFS(dir, own)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "session.xsd"), XSD(tb), 0o600)
	}
	if err != nil {
		tb.Fatalf("wsdltest: %v", err)
	}
}

// XSD returns the schema of the contract's messages as a document of its own.
func XSD(tb testing.TB) []byte {
	tb.Helper()
	const end = "</xs:schema>"
	_, rest, ok := strings.Cut(wsdl.Document(), "<xs:schema ")
	schema, _, closed := strings.Cut(rest, end)
	if !ok || !closed {
		tb.Fatal("wsdltest: session.wsdl has no schema")
	}
	return []byte(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="` + wsdl.Namespace + `" ` + schema + end)
}
