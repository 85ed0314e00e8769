package document

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// entryReader reads the values of a session. All strings of a session are
// kept in one block of memory, which saves two allocations an entry.
type entryReader struct {
	scan *xmlscan.Scanner
	left int // how many more entries and items there may be
	kept strings.Builder
}

// keep copies text out of the scanner's buffer.
func (r *entryReader) keep(text []byte) string {
	const block = 1 << 10 // twice the text of a common session
	start := r.kept.Len()
	if start == 0 {
		r.kept.Grow(max(block, len(text)))
	}
	// The builder's memory is never moved under a string that was handed out:
	// when it grows it takes new memory, and the old one stays with its
	// strings.
	r.kept.Write(text)
	return r.kept.String()[start:]
}

// commonEntries is room for the entries of a common session and its id.
const commonEntries = 32

// session reads the attributes of a session.
func (r *entryReader) session() (*perldata.Hash, error) {
	return r.entries(perldata.NewHash(commonEntries))
}

// hash reads an EntryList.
func (r *entryReader) hash() (*perldata.Hash, error) {
	return r.entries(perldata.NewHash(0)) // an empty one must cost a sender more than us
}

// entries reads an EntryList into a hash.
func (r *entryReader) entries(h *perldata.Hash) (*perldata.Hash, error) {
	for {
		more, err := r.next("entry")
		if err != nil || !more {
			return h, err
		}
		key, value, err := r.value(true)
		if err != nil {
			return nil, err
		}
		if !h.Add(key, value) {
			return nil, soap.ClientFault("Two entries of one list have the same key.")
		}
	}
}

// keys reads a KeyList.
func (r *entryReader) keys() ([]string, error) {
	keys := []string{} // present, though empty
	for {
		more, err := r.next("key")
		if err != nil || !more {
			return keys, err
		}
		null, err := isNil(r.scan)
		if err != nil {
			return nil, err
		}
		if null {
			return nil, soap.ClientFault("A key is nil.")
		}
		key, err := r.text()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
}

// list reads an ItemList.
func (r *entryReader) list() (perldata.Value, error) {
	var items []perldata.Value
	for {
		more, err := r.next("item")
		if err != nil {
			return perldata.Value{}, err
		}
		if !more {
			return perldata.ListOf(items...), nil
		}
		_, value, err := r.value(false)
		if err != nil {
			return perldata.Value{}, err
		}
		items = append(items, value)
	}
}

// next moves to the next element of a list, which must have that name, or
// behind the list's end.
func (r *entryReader) next(name string) (bool, error) {
	more, err := nextChild(r.scan)
	if err != nil || !more {
		return false, err
	}
	if string(r.scan.Local()) != name {
		return false, unexpected(r.scan)
	}
	if r.left--; r.left < 0 {
		return false, soap.ClientFault("The session has more entries than this service takes.")
	}
	return true, nil
}

// The children of an Entry; an Item has the same without key.
const (
	keyChild = iota
	valueChild
	binaryChild
	hashChild
	listChild
	undefChild
)

// value reads an Entry or an Item to its end. At most one of its children may
// make a value; none of them, or undef, is undef.
func (r *entryReader) value(withKey bool) (key string, value perldata.Value, err error) {
	null, err := isNil(r.scan)
	if err != nil {
		return "", value, err
	}
	hasKey, hasValue := false, false
	names := [...]string{
		keyChild: "key", valueChild: "value", binaryChild: "binary", hashChild: "hash", listChild: "list", undefChild: "undef",
	}
	err = children(r.scan, names[:], func(i int) error {
		if i == keyChild {
			if !withKey {
				return unexpected(r.scan)
			}
			hasKey = true
			key, err = r.text()
			return err
		}
		if i == undefChild {
			undef, err := readBoolean(r.scan)
			if err != nil || !undef {
				return err // a false one is no statement: WCF always sends it
			}
		} else if value, err = r.child(i); err != nil {
			return err
		}
		if hasValue {
			return soap.ClientFault("An entry has more than one of value, binary, hash, list and undef.")
		}
		hasValue = true
		return nil
	})
	switch {
	case err != nil:
	case withKey && !hasKey:
		err = soap.ClientFault("An entry has no key.")
	case null && (hasKey || hasValue):
		err = soap.ClientFault("An element with xsi:nil has content.")
	}
	return key, value, err
}

// child reads the value of one of the children of an Entry.
func (r *entryReader) child(i int) (perldata.Value, error) {
	switch i {
	case valueChild:
		return r.scalar()
	case binaryChild:
		text, err := r.scan.Content()
		if err != nil {
			return perldata.Value{}, err
		}
		decoded, err := decodeBase64(text)
		return perldata.BytesOf(decoded), err
	case hashChild:
		h, err := r.hash()
		return perldata.HashOf(h), err
	default:
		return r.list()
	}
}

func (r *entryReader) text() (string, error) {
	if isBase64(r.scan) {
		return readText(r.scan)
	}
	text, err := r.scan.Content()
	return r.keep(text), err
}

// scalar reads a value: text, or what SOAP::Lite says is base64, which is text
// too if it is UTF-8.
func (r *entryReader) scalar() (perldata.Value, error) {
	if !isBase64(r.scan) {
		text, err := r.text()
		return perldata.TextOf(text), err
	}
	text, err := readText(r.scan)
	if utf8.ValidString(text) {
		return perldata.TextOf(text), err
	}
	return perldata.BytesOf(text), err
}

// decodeBase64 decodes in place. White space may stand anywhere (XML Schema
// part 2 section 3.2.16).
func decodeBase64(text []byte) ([]byte, error) {
	if bytes.ContainsAny(text, xmlSpace) {
		kept := text[:0]
		for _, c := range text {
			if !strings.ContainsRune(xmlSpace, rune(c)) {
				kept = append(kept, c)
			}
		}
		text = kept
	}
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil, soap.ClientFault("A binary value is not base64.")
	}
	return text[:n], nil
}
