package soap

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
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
const maxParts = 10_000

// unpackage returns the envelope of a package in UTF-8, with the bytes of its
// attachments in it. The result is not longer than the limit of a body.
func unpackage(body []byte, header string, limits Limits) ([]byte, error) {
	_, params, err := mime.ParseMediaType(header)
	if err != nil || params["boundary"] == "" {
		return nil, &Fault{Code: Client, Reason: "The Content-Type multipart/related has no boundary parameter. Send one.", Err: err}
	}
	root, parts, err := splitParts(body, params["boundary"], strings.Trim(params["start"], "<>"))
	if err != nil {
		return nil, err
	}
	doc, err := utf8Document(root.content, root.charset)
	if err != nil {
		return nil, err
	}
	return include(doc, parts, limits)
}

// part is one part of a package.
type part struct {
	content []byte
	charset string
	used    bool
}

func damagedPackage(err error) *Fault {
	return &Fault{Code: Client, Reason: "The multipart message cannot be read: it is damaged or incomplete.", Err: err}
}

// splitParts returns the part with the envelope and the other parts by their
// Content-ID. The envelope is in the part named start, or in the first one if start
// is empty.
func splitParts(body []byte, boundary, start string) (root *part, others map[string]*part, err error) {
	others = make(map[string]*part)
	reader := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		p, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, damagedPackage(err)
		}
		if n == maxParts {
			return nil, nil, ClientFault("The multipart message has more than " + strconv.Itoa(maxParts) + " parts, the limit of this service.")
		}
		id := strings.Trim(p.Header.Get("Content-ID"), "<> ")
		one, err := readPart(p)
		if err != nil {
			return nil, nil, damagedPackage(err)
		}
		switch {
		case root == nil && (start == "" || id == start):
			root = one
		case others[id] != nil:
			return nil, nil, ClientFault("Two parts of the multipart message have the same Content-ID. Use each once.")
		default:
			others[id] = one
		}
	}
	if root == nil {
		return nil, nil, ClientFault("The multipart message has no part with the envelope. Send the part that the start parameter names.")
	}
	return root, others, nil
}

// readPart reads a part. A part is never longer than the body, whose length is
// limited.
func readPart(p *multipart.Part) (*part, error) {
	content := io.Reader(p)
	if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "base64") {
		content = base64.NewDecoder(base64.StdEncoding, p)
	}
	read, err := io.ReadAll(content)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller knows what it reads
	}
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil {
		return &part{content: read}, nil //nolint:nilerr // a part may have no Content-Type
	}
	return &part{content: read, charset: params["charset"]}, nil
}

// include replaces each reference in the document by the bytes of its part.
func include(doc []byte, parts map[string]*part, limits Limits) ([]byte, error) {
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
		if _, err := scan.Content(); err != nil {
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
func referenced(href string, parts map[string]*part) ([]byte, error) {
	escaped, ok := strings.CutPrefix(href, "cid:")
	id, err := url.PathUnescape(escaped)
	if !ok || err != nil || parts[id] == nil {
		return nil, ClientFault("The envelope refers to an attachment that the message does not have. Send a part with that Content-ID.")
	}
	parts[id].used = true
	return parts[id].content, nil
}

// finish rejects attachments that would be lost, and a document that is too long.
func finish(doc []byte, parts map[string]*part, limit int) ([]byte, error) {
	for _, p := range parts {
		if !p.used {
			return nil, ClientFault("The message has an attachment to which the envelope does not refer (SwA), so it would be lost. Refer to it with xop:Include.")
		}
	}
	if len(doc) > limit {
		return nil, bodyTooLarge(limit)
	}
	return doc, nil
}
