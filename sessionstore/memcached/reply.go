package memcached

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// maxValue is the largest item that memcached can be configured to keep (-I 1g).
const maxValue = 1 << 30

// readItemAfter reads the answer to "mg <key> v f c t k" (memcached's protocol.txt,
// "Meta Get") after its first line: "EN <flag>*", or "VA <size> <flag>*" and the value.
// Absence is [backend.ErrNotFound]. It returns the key that the answer names: that of an
// item always, that of an absent one since memcached 1.6.16.
func readItemAfter(r *bufio.Reader, line []byte, asked string) (item backend.Item, key string, err error) {
	if flags, absent := bytes.CutPrefix(line, []byte("EN")); absent && (len(flags) == 0 || flags[0] == ' ') {
		return backend.Item{}, textOf(keyFlag(flags), asked), backend.ErrNotFound
	}
	return readFound(r, line, asked)
}

// readKeyedItem reads one of the answers to several "mg <key> v f c t k q" and
// "mn" behind them: an item and its key, or no key at the end.
func readKeyedItem(r *bufio.Reader) (key string, item backend.Item, err error) {
	line, err := protocol.ReadLine(r)
	if err != nil || string(line) == "MN" {
		return "", backend.Item{}, err
	}
	item, key, err = readFound(r, line, "")
	return key, item, err
}

// readFound reads an item after the line that announces it.
func readFound(r *bufio.Reader, line []byte, asked string) (item backend.Item, key string, err error) {
	rest, ok := bytes.CutPrefix(line, []byte("VA "))
	if !ok {
		return backend.Item{}, "", protocol.Unexpected("mg", line)
	}
	text, flags, _ := bytes.Cut(rest, []byte(" "))
	size, ok := parseNumber(text, maxValue)
	if !ok {
		return backend.Item{}, "", protocol.Unexpected("mg", line)
	}
	item, named, ok := parseItemFlags(flags)
	if !ok || len(named) == 0 {
		return backend.Item{}, "", protocol.Unexpected("mg", line)
	}
	key = textOf(named, asked) // before the line is overwritten
	item.Image, err = readValue(r, int(size))
	if err != nil {
		return backend.Item{}, "", err
	}
	return item, key, nil
}

// textOf returns the text of a key that an answer names. That of the key that was asked
// for needs no memory.
func textOf(named []byte, asked string) string {
	if string(named) == asked {
		return asked
	}
	return string(named)
}

// parseItemFlags reads "f<client flags> c<cas> t<seconds left> k<key>". The first
// three must be there. It ignores others, such as W, X and Z of items that
// another client has invalidated. The key is a part of the line.
func parseItemFlags(flags []byte) (item backend.Item, key []byte, ok bool) {
	var hasFlags, hasCAS, hasTime bool
	for len(flags) > 0 {
		var token []byte
		if token, flags, _ = bytes.Cut(flags, []byte(" ")); len(token) == 0 {
			continue
		}
		valid := true
		switch value := token[1:]; token[0] {
		case 'f':
			var n uint64
			n, valid = parseNumber(value, math.MaxUint32)
			item.Flags, hasFlags = uint32(n), true
		case 'c':
			item.CAS, valid = parseNumber(value, math.MaxUint64)
			hasCAS = true
		case 't':
			item.ExpiresIn, valid = parseTimeLeft(value)
			hasTime = true
		case 'k':
			key = value
		}
		if !valid {
			return backend.Item{}, nil, false
		}
	}
	return item, key, hasFlags && hasCAS && hasTime
}

// parseNumber reads a decimal number without a sign, up to a limit of 9 at least. It is
// [strconv.ParseUint] for bytes.
func parseNumber(digits []byte, limit uint64) (n uint64, ok bool) {
	for _, c := range digits {
		digit := uint64(c - '0')
		if c < '0' || c > '9' || n > (limit-digit)/10 {
			return 0, false
		}
		n = 10*n + digit
	}
	return n, len(digits) > 0
}

// parseSized reads "s<bytes>" and behind it what parseItemFlags reads.
func parseSized(flags []byte) (item backend.Item, key string, size int64, ok bool) {
	first, rest, _ := bytes.Cut(flags, []byte(" "))
	digits, ok := bytes.CutPrefix(first, []byte("s"))
	n, isNumber := parseNumber(digits, math.MaxInt64)
	item, named, parsed := parseItemFlags(rest)
	return item, string(named), int64(n), ok && isNumber && parsed
}

// parseTimeLeft reads the seconds left; -1 means that the item never expires. Of
// the first of them up to a whole one may be over.
func parseTimeLeft(text []byte) (left time.Duration, ok bool) {
	if string(text) == "-1" {
		return 0, true
	}
	seconds, ok := parseNumber(text, math.MaxUint32)
	return promised(int64(seconds)), ok
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
	total := size + len(protocol.LineEnd)
	if total <= r.Buffered() { // as that of most sessions
		whole, _ := r.Peek(total) // it is there
		defer r.Discard(total)    //nolint:errcheck // as above
		if string(whole[size:]) != protocol.LineEnd {
			return nil, protocol.Unexpected("mg", whole[size:])
		}
		value := append([]byte{}, whole[:size]...) // which does not clear the memory first
		return value[:size:size], nil
	}
	value := make([]byte, 0, min(size, valueStep)+len(protocol.LineEnd))
	for len(value) < total {
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
