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
	"strings"

	"memcachedsoap/soap/xmlscan"
)

// A message may come as a package of parts (MIME multipart/related): the
// envelope, and bytes that stand in it as a reference (MTOM 1.0, XOP 1.0). Java
// toolkits send it when they are told to. The bytes are put back in the place of
// their references, as base64, which is what the message means.

const includeNamespace = "http://www.w3.org/2004/08/xop/include"

// maxParts bounds the parts of a package, of which each has a header to be read.
const maxParts = 10_000

// unpackage returns the envelope of a package, complete, in UTF-8 and at most
// limit bytes long.
func unpackage(body []byte, header string, limits Limits) ([]byte, error) {
	_, params, err := mime.ParseMediaType(header)
	if err != nil || params["boundary"] == "" {
		return nil, &Fault{Code: Client, Reason: "The Content-Type of the package names no boundary of its parts.", Err: err}
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
	return &Fault{Code: Client, Reason: "The package of envelope and attachments is damaged.", Err: err}
}

// splitParts returns the part that holds the envelope, which is the one named
// start or else the first one, and the others by their Content-ID.
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
			return nil, nil, ClientFault("The package has too many parts.")
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
			return nil, nil, ClientFault("Two parts of the package have the same Content-ID.")
		default:
			others[id] = one
		}
	}
	if root == nil {
		return nil, nil, ClientFault("The package has no part that holds the envelope.")
	}
	return root, others, nil
}

// readPart reads a part, which is not longer than the body that it is in.
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
	if err != nil { // which a part need not have
		return &part{content: read}, nil //nolint:nilerr // as said
	}
	return &part{content: read, charset: params["charset"]}, nil
}

// include puts parts in the place of the references to them.
func include(doc []byte, parts map[string]*part, limits Limits) ([]byte, error) {
	var scan xmlscan.Scanner
	scan.Reset(slices.Clone(doc), limits.XML) // which it writes over
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
		if len(out)+base64.StdEncoding.EncodedLen(len(content)) > limit {
			return nil, bodyTooLarge(limit)
		}
		out = base64.StdEncoding.AppendEncode(out, content)
		copied = scan.Offset()
	}
}

// referenced returns the bytes that an Include stands for (XOP 1.0, section
// 2.1: a URI in the scheme cid, RFC 2392).
func referenced(href string, parts map[string]*part) ([]byte, error) {
	escaped, ok := strings.CutPrefix(href, "cid:")
	id, err := url.PathUnescape(escaped)
	if !ok || err != nil || parts[id] == nil {
		return nil, ClientFault("The envelope refers to an attachment that is not there.")
	}
	parts[id].used = true
	return parts[id].content, nil
}

// finish refuses what would be lost, or is too long.
func finish(doc []byte, parts map[string]*part, limit int) ([]byte, error) {
	for _, p := range parts {
		if !p.used {
			return nil, ClientFault("The message comes with an attachment to which the envelope does not refer (SwA), and which would be lost.")
		}
	}
	if len(doc) > limit {
		return nil, bodyTooLarge(limit)
	}
	return doc, nil
}
