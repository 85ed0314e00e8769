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
	"testing"

	"memcachedsoap/wsdl"
)

// schemas are the envelopes of SOAP 1.1 and 1.2. They import session.xsd, the
// schema in the WSDL.
//
//go:embed schema/*.xsd
var schemas embed.FS

// Validate fails the test unless each message is a valid SOAP 1.1 or 1.2 envelope
// of this contract: its Body has one element of the contract or one fault, which
// the schema allows completely.
func Validate(tb testing.TB, messages ...[]byte) {
	tb.Helper()
	dir := tb.TempDir()
	writeSchemas(tb, dir)
	for chunk := range slices.Chunk(messages, maxFiles) {
		if validate(tb, dir, chunk...) == nil {
			continue
		}
		for _, message := range chunk { // find the invalid ones
			if err := validate(tb, dir, message); err != nil {
				tb.Errorf("wsdltest: %v\nmessage: %s", err, message)
			}
		}
	}
}

// maxFiles is the most messages that one xmllint validates.
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
		// xmllint accepts every declared element as the root.
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
		err = os.WriteFile(filepath.Join(dir, "session.xsd"), []byte(wsdl.Schema()), 0o600)
	}
	if err != nil {
		tb.Fatalf("wsdltest: %v", err)
	}
}
