package xmlscan

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stricter lists, by our reason, what encoding/xml accepts and the scanner rejects.
// The scanner must accept everything else that it accepts.
var stricter = map[string]string{
	"document type declaration":                        `<!DOCTYPE a><a/>`,
	"comment or CDATA section expected after <!":       `<!ELEMENT a ANY><a/>`,
	"processing instruction":                           `<?b?><a/>`,
	"XML version is not 1.0":                           `<?xml encoding="UTF-8"?><a/>`,
	"malformed XML declaration":                        `<?xml version="1.0" x?><a/>`,
	"malformed name of an encoding":                    `<?xml version="1.0" encoding="8"?><a/>`,
	"standalone is neither yes nor no":                 `<?xml version="1.0" standalone="maybe"?><a/>`,
	"no root element":                                  ` `,
	"second root element":                              `<a/><b/>`,
	"text outside the root element":                    `<a/>b`,
	"CDATA section outside the root element":           `<a/><![CDATA[b]]>`,
	"name expected":                                    `<:a/>`,
	"white space expected in a tag":                    `<a b=""c=""/>`,
	"attribute twice":                                  `<a b="" b=""/>`,
	"prefix not declared":                              `<p:a/>`,
	"prefix bound to no namespace":                     `<a xmlns:p=""/>`,
	"prefix xml and its namespace belong together":     `<a xmlns:xml="u"/>`,
	"prefix bound to the namespace of xmlns":           `<a xmlns="` + xmlnsSpace + `"/>`,
	"prefix xmlns declared":                            `<a xmlns:xmlns="u"/>`,
	"element with prefix xmlns":                        `<xmlns:a/>`,
	"reference to a character that XML does not allow": `<a>&#xD800;</a>`,
	"control character":                                "<!--\x01--><a/>",
	"invalid UTF-8":                                    "<!--\xff--><a/>",
	"character U+FFFE or U+FFFF":                       "<!--\uFFFE--><a/>",
}

// anonymous removes the quoted name from a reason.
func anonymous(reason string) string {
	before, rest, found := strings.Cut(reason, ` "`)
	if !found {
		return reason
	}
	return before + rest[strings.LastIndex(rest, `"`)+1:]
}

// compareWithStd fails if the scanner and encoding/xml disagree about a
// document other than by a difference that has a name here.
func compareWithStd(t *testing.T, doc []byte) {
	t.Helper()
	got, err := tokens(new(Scanner), bytes.Clone(doc), Limits{})
	if syntax, ok := errors.AsType[*SyntaxError](err); ok {
		if _, known := stricter[anonymous(syntax.Reason)]; known {
			return
		}
		_, stdErr := stdTokens(doc)
		require.Error(t, stdErr, "encoding/xml accepts what the scanner rejects: %v", err)
		return
	}
	if err != nil { // a limit
		return
	}
	// encoding/xml does not know surrogate pairs, and in a CDATA section they
	// are text.
	if surrogates.Match(doc) {
		if bytes.Contains(doc, []byte("<![CDATA[")) {
			return
		}
		doc = joined(doc)
	}
	want, stdErr := stdTokens(doc)
	// encoding/xml has the names of the fourth edition, which are fewer.
	if stdErr != nil && strings.Contains(stdErr.Error(), "invalid XML name") && hasWideName(doc) {
		return
	}
	require.NoError(t, stdErr, "encoding/xml rejects what the scanner accepts")
	require.Equal(t, sameBlanks(want), sameBlanks(got))
}

// hasWideName reports whether an accepted document has a name beyond ASCII.
func hasWideName(doc []byte) bool {
	wide := func(name []byte) bool {
		return bytes.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf })
	}
	var s Scanner
	s.Reset(bytes.Clone(doc), Limits{})
	for {
		kind, _ := s.Next()
		if kind == EOF {
			return false
		}
		if kind != Start {
			continue
		}
		if wide(s.innermost()) {
			return true
		}
		for _, a := range s.attrs {
			if wide(a.prefix) || wide(a.local) {
				return true
			}
		}
	}
}

func TestStricterThanStd(t *testing.T) {
	t.Parallel()
	for reason, doc := range stricter {
		_, err := stdTokens([]byte(doc))
		require.NoError(t, err, "encoding/xml refuses it too: %s", doc)
		_, err = tokens(new(Scanner), []byte(doc), Limits{})
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, doc)
		assert.Equal(t, reason, anonymous(syntax.Reason), doc)
	}
}

func TestRecordedAsStd(t *testing.T) {
	t.Parallel()
	for name, body := range recorded(t, "clients") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tokens(new(Scanner), bytes.Clone(body), Limits{})
			require.NoError(t, err)
			assert.GreaterOrEqual(t, len(got), 6)
			compareWithStd(t, body)
		})
	}
}

// What toolkits send when they are given a control character.
func TestRecordedRefused(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"dotnet-wcf":  "reference to a character that XML does not allow",
		"gsoap":       "reference to a character that XML does not allow",
		"java-axis":   "reference to a character that XML does not allow",
		"java-jaxws":  "control character",
		"node-soap":   "control character",
		"perl-doclit": "control character",
		"php":         "control character",
	}
	bodies := recorded(t, "refused")
	require.Len(t, bodies, len(want))
	for name, body := range bodies {
		_, err := tokens(new(Scanner), body, Limits{})
		var syntax *SyntaxError
		require.ErrorAs(t, err, &syntax, name)
		assert.Equal(t, want[name], syntax.Reason, name)
	}
}

// FuzzAgainstStd looks for documents about which the scanner and encoding/xml disagree.
func FuzzAgainstStd(f *testing.F) {
	for _, folder := range []string{"clients", "refused"} {
		for _, body := range recorded(f, folder) {
			f.Add(body)
		}
	}
	for _, doc := range accepted() {
		f.Add([]byte(doc.doc))
	}
	for _, doc := range refused() {
		f.Add([]byte(doc.doc))
	}
	for _, doc := range stricter {
		f.Add([]byte(doc))
	}
	f.Fuzz(compareWithStd)
}

// FuzzInPlace looks for documents that make the scanner write outside of them,
// change what it returned, or depend on what it read before.
func FuzzInPlace(f *testing.F) {
	for _, body := range recorded(f, "clients") {
		f.Add(body, len(body)/2)
	}
	for _, doc := range accepted() {
		f.Add([]byte(doc.doc), 4)
	}
	f.Fuzz(func(t *testing.T, doc []byte, cut int) {
		want, wantErr := tokens(new(Scanner), bytes.Clone(doc), Limits{})
		if cut = max(cut, 0); cut > len(doc) {
			cut = len(doc)
		}
		buffer := []byte("before" + string(doc) + "behind")
		middle := buffer[len("before") : len("before")+len(doc)]
		var s Scanner
		_, _ = tokens(&s, middle[:cut], Limits{})
		copy(middle, doc)
		got, err := tokens(&s, middle, Limits{})
		require.Equal(t, wantErr, err)
		require.Equal(t, want, got)
		require.Equal(t, "before", string(buffer[:len("before")]))
		require.Equal(t, "behind", string(buffer[len("before")+len(doc):]))
		requireStable(t, bytes.Clone(doc))
	})
}
