package memcached

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// maxValue is the largest item that memcached can be configured to keep (-I 1g).
const maxValue = 1 << 30

// readItem reads the answer to "mg <key> v f c t k" (memcached's protocol.txt,
// "Meta Get"): "EN <flag>*", or "VA <size> <flag>*" and the value. Absence is
// [backend.ErrNotFound]. It returns the key that the answer names: that of an
// item always, that of an absent one since memcached 1.6.16.
func readItem(r *bufio.Reader) (item backend.Item, key string, err error) {
	line, err := protocol.ReadLine(r)
	if err != nil {
		return backend.Item{}, "", err
	}
	if word, flags := cutWord(line); word == "EN" {
		return backend.Item{}, keyFlag(flags), backend.ErrNotFound
	}
	return readFound(r, line)
}

// readKeyedItem reads one of the answers to several "mg <key> v f c t k q" and
// "mn" behind them: an item and its key, or no key at the end.
func readKeyedItem(r *bufio.Reader) (key string, item backend.Item, err error) {
	line, err := protocol.ReadLine(r)
	if err != nil || string(line) == "MN" {
		return "", backend.Item{}, err
	}
	item, key, err = readFound(r, line)
	return key, item, err
}

// readFound reads an item after the line that announces it.
func readFound(r *bufio.Reader, line []byte) (item backend.Item, key string, err error) {
	rest, ok := bytes.CutPrefix(line, []byte("VA "))
	if !ok {
		return backend.Item{}, "", protocol.Unexpected("mg", line)
	}
	text, flags, _ := bytes.Cut(rest, []byte(" "))
	size, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil || size > maxValue {
		return backend.Item{}, "", protocol.Unexpected("mg", line)
	}
	item, key, ok = parseItemFlags(flags)
	if !ok || key == "" {
		return backend.Item{}, "", protocol.Unexpected("mg", line)
	}
	item.Image, err = readValue(r, int(size))
	if err != nil {
		return backend.Item{}, "", err
	}
	return item, key, nil
}

// parseItemFlags reads "f<client flags> c<cas> t<seconds left> k<key>". The first
// three must be there. It ignores others, such as W, X and Z of items that
// another client has invalidated.
func parseItemFlags(flags []byte) (item backend.Item, key string, ok bool) {
	var hasFlags, hasCAS, hasTime bool
	for token := range bytes.FieldsSeq(flags) {
		var err error
		switch value := string(token[1:]); token[0] {
		case 'f':
			var n uint64
			n, err = strconv.ParseUint(value, 10, 32)
			item.Flags, hasFlags = uint32(n), true
		case 'c':
			item.CAS, err = strconv.ParseUint(value, 10, 64)
			hasCAS = true
		case 't':
			item.ExpiresIn, err = parseTimeLeft(value)
			hasTime = true
		case 'k':
			key = value
		}
		if err != nil {
			return backend.Item{}, "", false
		}
	}
	return item, key, hasFlags && hasCAS && hasTime
}

// parseSized reads "s<bytes>" and behind it what parseItemFlags reads.
func parseSized(flags []byte) (item backend.Item, key string, size int64, ok bool) {
	first, rest := cutWord(flags)
	digits, ok := strings.CutPrefix(first, "s")
	size, err := strconv.ParseInt(digits, 10, 64)
	item, key, parsed := parseItemFlags(rest)
	return item, key, size, ok && err == nil && size >= 0 && parsed
}

// parseTimeLeft reads the seconds left; -1 means that the item never expires. Of
// the first of them up to a whole one may be over.
func parseTimeLeft(text string) (time.Duration, error) {
	if text == "-1" {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("memcached: time left: %w", err)
	}
	return promised(int64(seconds)), nil
}

// promised returns what may be promised of the seconds that an item has left.
func promised(seconds int64) time.Duration {
	return max(time.Duration(seconds)*time.Second-time.Second, backend.LastMoment)
}

// valueStep bounds the memory that is allocated before the bytes arrive: a
// server that announces a gigabyte does not make us allocate it.
const valueStep = 1 << 20

// readValue reads size bytes and the line end behind them.
func readValue(r *bufio.Reader, size int) ([]byte, error) {
	value := make([]byte, 0, min(size, valueStep)+len(protocol.LineEnd))
	for total := size + len(protocol.LineEnd); len(value) < total; {
		n := min(total-len(value), valueStep)
		start := len(value)
		value = append(value, make([]byte, n)...)
		if _, err := io.ReadFull(r, value[start:]); err != nil {
			return nil, fmt.Errorf("memcached: reading a value: %w", err)
		}
	}
	if string(value[size:]) != protocol.LineEnd {
		return nil, protocol.Unexpected("mg", value[size:])
	}
	return value[:size:size], nil
}
