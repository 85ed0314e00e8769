package document

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlchar"
	"memcachedsoap/soap/xmlscan"
)

// entryReader reads the values of a session. It copies the strings into blocks of
// memory, which saves two allocations for each entry.
type entryReader struct {
	scan *xmlscan.Scanner
	most int // greatest number of entries and items
	read int // entries and items so far
	// booleans says whether a boolean was read.
	booleans bool
	block    strings.Builder
}

// The sizes of the blocks: that of the first one is twice the text of a common session,
// and each is twice as large as the one before.
const (
	firstBlock = 1 << 10
	lastBlock  = 64 << 10
)

// keep copies text from the scanner's buffer.
func (r *entryReader) keep(text []byte) string {
	if len(text) > r.block.Cap()-r.block.Len() {
		size := min(max(firstBlock, 2*r.block.Cap()), lastBlock)
		if len(text) > size/2 {
			return string(text) // the rest of the block is for shorter ones
		}
		r.block.Reset() // strings that were returned before stay in the old memory
		r.block.Grow(size)
	}
	start := r.block.Len()
	r.block.Write(text)
	return r.block.String()[start:]
}

// commonEntries is the capacity for a common session and its id.
const commonEntries = 32

// manyEntries is the number of entries from which on there is room for all that the
// message can have.
const manyEntries = 256

// tagsPerEntry is the number of start tags of an entry with a value.
const tagsPerEntry = 3

// session reads the attributes of a session.
func (r *entryReader) session() (*perldata.Hash, error) {
	return r.hinted(r.entries(perldata.NewHash(commonEntries), manyEntries))
}

// changes reads the attributes that a session gets.
func (r *entryReader) changes() (*perldata.Hash, error) { return r.hinted(r.hash()) }

// hinted adds what is kept of the booleans among the attributes.
func (r *entryReader) hinted(attributes *perldata.Hash, err error) (*perldata.Hash, error) {
	if err == nil && r.booleans {
		err = perldata.AddHints(attributes)
	}
	return attributes, err
}

// hash reads an EntryList.
func (r *entryReader) hash() (*perldata.Hash, error) {
	return r.entries(perldata.NewHash(0), 0) // no capacity: an empty hash must cost little
}

// entries reads an EntryList into a hash. When there are many entries, if that is not 0,
// it makes room for the rest.
func (r *entryReader) entries(h *perldata.Hash, many int) (*perldata.Hash, error) {
	for {
		if many > 0 && h.Len() == many {
			h.Grow(min(r.scan.TagsLeft()/tagsPerEntry, r.most-r.read))
		}
		more, err := r.next("entry")
		if err != nil || !more {
			return h, err
		}
		key, value, err := r.value(true)
		if err != nil {
			return nil, err
		}
		if !h.Add(key, value) {
			return nil, soap.ClientFault("Two entries of one list have the same key. Send each key once.")
		}
	}
}

// keys reads a KeyList.
func (r *entryReader) keys() ([]string, error) {
	keys := []string{} // not nil: remove is present
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
			return nil, soap.ClientFault("A key is nil. Send its text, or leave it out.")
		}
		key, err := r.key()
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

// next moves to the next element of a list, which must have this name. It returns
// false at the end of the list.
func (r *entryReader) next(name string) (bool, error) {
	more, err := nextChild(r.scan)
	if err != nil || !more {
		return false, err
	}
	if string(r.scan.Local()) != name {
		return false, unexpected(r.scan)
	}
	if r.read++; r.read > r.most {
		return false, soap.ClientFault("The session has more than " + strconv.Itoa(r.most) + " entries, the limit of this service.")
	}
	return true, nil
}

// The children of an Entry. An Item has the same children, but no key.
const (
	keyChild = iota
	valueChild
	binaryChild
	hashChild
	listChild
	undefChild
	typeChild
)

// value reads an Entry or an Item to its end. It has at most one child with a value.
// Without one, or with undef, the value is undef.
func (r *entryReader) value(withKey bool) (key string, value perldata.Value, err error) {
	null, err := isNil(r.scan)
	if err != nil {
		return "", value, err
	}
	hasKey, hasValue := false, false
	var typed typing
	names := [...]string{
		keyChild: "key", valueChild: "value", binaryChild: "binary", hashChild: "hash", listChild: "list", undefChild: "undef",
		typeChild: "type",
	}
	err = children(r.scan, names[:], func(i int) error {
		if i == keyChild {
			if !withKey {
				return unexpected(r.scan)
			}
			hasKey = true
			key, err = r.key()
			return err
		}
		if i == typeChild {
			return typed.read(r.scan)
		}
		if i == undefChild {
			undef, err := readBoolean(r.scan)
			if err != nil || !undef {
				return err // false says nothing: WCF always sends it
			}
		} else if value, err = r.child(i); err != nil {
			return err
		}
		if hasValue {
			return soap.ClientFault("An entry has more than one of value, binary, hash, list and undef. Send one of them.")
		}
		hasValue = true
		typed.hasText = i == valueChild
		return nil
	})
	switch {
	case err != nil:
	case withKey && !hasKey:
		err = soap.ClientFault("An entry has no key. Send one.")
	case null && (hasKey || hasValue || typed.name != ""):
		err = nilWithContent()
	case typed.name != "":
		if value, err = typed.value(value); value.Kind() == perldata.KindInt && typed.name == booleanType {
			r.booleans = true
		}
	}
	return key, value, err
}

// child reads a child of an Entry that has a value.
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

// text reads a string and keeps it.
func (r *entryReader) text() (string, error) {
	if isBase64(r.scan) {
		return readText(r.scan)
	}
	text, err := r.scan.Content()
	return r.keep(text), err
}

// scalar reads a value: text, or base64 of SOAP::Lite, which is also text if it is
// UTF-8.
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

// decodeBase64 decodes in place. The text may contain white space (XML Schema part 2
// section 3.2.16).
func decodeBase64(text []byte) ([]byte, error) {
	if bytes.ContainsAny(text, xmlchar.Whitespace) {
		kept := text[:0]
		for _, c := range text {
			if !strings.ContainsRune(xmlchar.Whitespace, rune(c)) {
				kept = append(kept, c)
			}
		}
		text = kept
	}
	n, err := base64.StdEncoding.Decode(text, text)
	if err != nil {
		return nil, soap.ClientFault("Invalid base64: encode the value as in RFC 4648, section 4.")
	}
	return text[:n], nil
}
