package soap

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"mime/quotedprintable"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/soap/xmlscan"
)

// A message may be a package of parts (MIME multipart/related): the envelope, and
// bytes to which the envelope refers (MTOM 1.0, XOP 1.0). Java toolkits send it if
// MTOM is enabled. Each reference is replaced by its bytes as base64, which is what
// the message means.

const includeNamespace = "http://www.w3.org/2004/08/xop/include"

// maxParts is the greatest number of parts of a package. Each costs the reading of
// its header.
const maxParts = 2000

// unpackage returns the envelope of a package in UTF-8, with the bytes of its
// attachments in it. The result is not longer than the limit of a body.
func unpackage(body []byte, m media, limits Limits) ([]byte, error) {
	all, err := readParts(body, m.boundary)
	if err != nil {
		return nil, err
	}
	root, others, err := findRoot(all, m.start)
	if err != nil {
		return nil, err
	}
	doc, err := utf8Document(root.content, root.charset, "")
	if err != nil {
		return nil, err
	}
	return include(doc, others, limits)
}

// part is one part of a package.
type part struct {
	id      string // its Content-ID, or ""
	content []byte
	charset string
	used    bool
}

func damagedPackage(err error) *Fault {
	return &Fault{Code: Client, Reason: "The multipart message cannot be read: it is damaged or incomplete.", Err: err}
}

// readParts reads the parts of a package.
func readParts(body []byte, boundary string) ([]*part, error) {
	var all []*part
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		p, err := reader.NextRawPart() // readPart decodes
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, damagedPackage(err)
		}
		if len(all) == maxParts {
			return nil, ClientFault("The multipart message has more than " + strconv.Itoa(maxParts) + " parts, the limit of this service.")
		}
		one, err := readPart(p)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
}

// readPart reads a part. A part is never longer than the body, whose length is
// limited.
func readPart(p *multipart.Part) (*part, error) {
	content, err := readContent(p)
	if err != nil {
		return nil, err
	}
	one := &part{id: contentID(withoutComments(p.Header.Get("Content-ID"))), content: content}
	if kind, ok := parseMediaType(p.Header.Get("Content-Type")); ok { // a part may have none
		one.charset, err = kind.charset()
	}
	return one, err
}

// readContent reads the content of a part and decodes it (RFC 2045 section 6).
func readContent(p *multipart.Part) ([]byte, error) {
	encoding, _ := cutType(withoutComments(p.Header.Get("Content-Transfer-Encoding")))
	from := io.Reader(p)
	switch encoding {
	case "quoted-printable":
		from = quotedprintable.NewReader(p)
	case "", "7bit", "8bit", "binary", "base64":
	default:
		return nil, ClientFault("A part of the multipart message has a Content-Transfer-Encoding that is not supported. Send binary, 8bit, 7bit, base64 or quoted-printable.")
	}
	content, err := io.ReadAll(from)
	if err == nil && encoding == "base64" {
		content, err = decodeMIME(content)
	}
	if err != nil {
		return nil, damagedPackage(err)
	}
	return content, nil
}

// decodeMIME decodes base64 in place. The text may have blanks and line ends, and its
// padding may be missing.
func decodeMIME(text []byte) ([]byte, error) {
	kept := text[:0]
	for _, c := range text {
		if strings.IndexByte(blanks, c) < 0 {
			kept = append(kept, c)
		}
	}
	kept = bytes.TrimRight(kept, "=")
	n, err := base64.RawStdEncoding.Decode(kept, kept)
	return kept[:n], err //nolint:wrapcheck // the caller knows what it decodes
}

// contentID returns the Content-ID in a header without the angle brackets (RFC 2045
// section 7) and without blanks. Some programs leave the brackets out.
func contentID(text string) string {
	text = strings.Trim(text, blanks)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
	return strings.Trim(text, blanks)
}

// attachments are the parts of a package to which the envelope may refer.
type attachments struct {
	byID      map[string]*part
	unescaped map[string]*part // by the id without escapes; nil if that means several
	all       []*part
	root      *part // has the envelope
}

// findRoot returns the part with the envelope and the others. The envelope is in the
// part named start, or in the first one if start is empty. If no part has the name
// and the first one has none, the first one is it.
func findRoot(all []*part, start string) (root *part, others *attachments, err error) {
	others = &attachments{byID: map[string]*part{}, unescaped: map[string]*part{}, all: all}
	for _, p := range all {
		if err := others.add(p); err != nil {
			return nil, nil, err
		}
	}
	if start != "" {
		root = others.find(start)
	}
	if root == nil && len(all) > 0 && (start == "" || all[0].id == "") {
		root = all[0]
	}
	if root == nil {
		return nil, nil, ClientFault("The multipart message has no part with the envelope. Send the part that the start parameter names.")
	}
	root.used, others.root = true, root
	return root, others, nil
}

func (a *attachments) add(p *part) error {
	if p.id == "" {
		return nil
	}
	if a.byID[p.id] != nil {
		return ClientFault("Two parts of the multipart message have the same Content-ID. Use each once.")
	}
	a.byID[p.id] = p
	key := unescape(p.id)
	if _, known := a.unescaped[key]; known {
		p = nil
	}
	a.unescaped[key] = p
	return nil
}

// find returns the part with an id that is escaped as in a URL or not, or nil. A
// reference must be escaped and an id must not (RFC 2392 section 2), but programs
// escape both, or none.
func (a *attachments) find(id string) *part {
	for _, exact := range [...]string{unescape(id), id} {
		if p := a.byID[contentID(exact)]; p != nil {
			return p
		}
	}
	return a.unescaped[unescape(id)]
}

// unescape resolves the escapes of a URL. A text with another percent sign has none.
func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// include replaces each reference in the document by the bytes of its part.
func include(doc []byte, parts *attachments, limits Limits) ([]byte, error) {
	var scan xmlscan.Scanner
	scan.Reset(slices.Clone(doc), limits.XML) // the scanner writes over its document
	limit := limits.body()
	var out []byte
	copied := 0 // of doc
	for {
		kind, err := scan.Next()
		switch {
		case err != nil:
			return nil, readFault(err)
		case kind == xmlscan.EOF:
			return finish(append(out, doc[copied:]...), parts, limit)
		case kind != xmlscan.Start || !scan.Is(includeNamespace, "Include"):
			continue
		}
		began := bytes.LastIndexByte(doc[:scan.Offset()], '<') // no attribute may have one
		href, _ := scan.Attr("", "href")
		content, err := referenced(string(href), parts)
		if err != nil {
			return nil, err
		}
		if err := scan.Skip(); err != nil { // an Include may contain elements
			return nil, readFault(err)
		}
		out = append(out, doc[copied:began]...)
		// Before it is appended: a short message may refer to a large part often.
		if len(out)+base64.StdEncoding.EncodedLen(len(content)) > limit {
			return nil, bodyTooLarge(limit)
		}
		out = base64.StdEncoding.AppendEncode(out, content)
		copied = scan.Offset()
	}
}

// referenced returns the bytes to which an Include refers by a URI of the scheme
// cid (XOP 1.0 section 2.1, RFC 2392).
func referenced(href string, parts *attachments) ([]byte, error) {
	scheme, id, _ := strings.Cut(strings.Trim(href, blanks), ":")
	p := parts.find(id)
	if !strings.EqualFold(scheme, "cid") || p == nil || p == parts.root {
		return nil, ClientFault("The envelope refers to an attachment that the message does not have. Send a part with that Content-ID.")
	}
	p.used = true
	return p.content, nil
}

// finish rejects attachments that would be lost, and a document that is too long.
func finish(doc []byte, parts *attachments, limit int) ([]byte, error) {
	for _, p := range parts.all {
		if !p.used {
			return nil, ClientFault("The message has an attachment to which the envelope does not refer (SwA), so it would be lost. Refer to it with xop:Include.")
		}
	}
	if len(doc) > limit {
		return nil, bodyTooLarge(limit)
	}
	return doc, nil
}
