package memcached

import (
	"bufio"
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// Whether a server keeps versions as CAS numbers is tried once for each connection: a
// server of another release that takes the place of the first has closed the
// connections. Behind a proxy servers may change unnoticed, so that a write may still
// be refused ([errNoVersions]).

// ability says whether a server can do something.
type ability uint8

const (
	untried ability = iota // the try has failed
	able
	unable
)

// errNoVersions says that a server does not take a version as a CAS number. It has
// not carried out the command.
var errNoVersions = errors.New("memcached: the server does not take a CAS number")

// answerNoVersions begins the answer of a server that does not know the flag E. It
// ignores the value behind the command.
const answerNoVersions = "CLIENT_ERROR invalid"

// tryVersion is a command with a version that changes nothing, since there is no item
// to replace. The no-op behind it ends the answers.
const tryVersion = "ms " + inspectionKey + " 0 MR E281474976710656\r\n\r\nmn"

// readTriedVersion reads the answers to tryVersion.
func readTriedVersion(r *bufio.Reader) (found ability, err error) {
	for {
		line, err := protocol.ReadLine(r)
		switch {
		case err != nil:
			return untried, err
		case string(line) == "MN":
			return found, nil
		case bytes.HasPrefix(line, []byte(protocol.Unauthenticated)):
			return untried, protocol.Unexpected("ms", line)
		case string(line) == "NS", string(line) == "HD": // as if the item were there
			found = able
		case string(line) == "ERROR", bytes.HasPrefix(line, []byte("CLIENT_ERROR ")):
			found = unable
		case !bytes.HasPrefix(line, []byte("SERVER_ERROR ")):
			return untried, protocol.Unexpected("ms", line)
		}
	}
}

// keepsVersion says whether an item is stored with its version as CAS number, as far
// as is known.
func (c *conn) keepsVersion(item backend.Item) bool {
	return item.Version != 0 && c.limits.versions != unable
}

// flagsOf returns the client flags with which an item is stored.
func (c *conn) flagsOf(item backend.Item) uint32 {
	return storedFlags(item, c.limits != nil && !c.keepsVersion(item))
}

// storeVersion stores an item with its version as CAS number. mode is a flag of ms:
// "ME" adds, "C<number>" compares and swaps.
func (c *conn) storeVersion(key string, item backend.Item, mode string) error {
	seconds, err := c.exptime(item.ExpiresIn)
	if err != nil {
		return err
	}
	err = c.storeVersionUntil(key, item, mode, seconds)
	if err != nil || seconds <= longestRelative || !c.datesByAnother() {
		return err
	}
	return c.correctEnd(key, item, seconds)
}

// correctEnd stores an item again that was just stored with a date, if the server that
// has it counts by another clock than the proxy has told.
func (c *conn) correctEnd(key string, item backend.Item, seconds int32) error {
	present, _, err := c.measure(key)
	switch {
	case errors.Is(err, backend.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	version := uint64(item.Version)
	apart := (backend.WholeSeconds(item.ExpiresIn) - present.ExpiresIn) / time.Second
	corrected := int32(max(0, min(int64(seconds)+int64(apart), math.MaxInt32)))
	if present.CAS != version || corrected == seconds || corrected <= longestRelative {
		return nil
	}
	err = c.storeVersionUntil(key, item, "C"+strconv.FormatUint(version, 10), corrected)
	if backend.LostRace(err) { // the item has been changed since
		return nil
	}
	return err
}

// storeVersionUntil is storeVersion with the end in memcached's form.
func (c *conn) storeVersionUntil(key string, item backend.Item, mode string, seconds int32) error {
	if err := c.begin(); err != nil {
		return err
	}
	c.line = append(c.appendVersioned(c.line, key, item, mode, seconds), item.Image...)
	if err := c.finish(); err != nil {
		return err
	}
	line, err := protocol.ReadLine(c.reader)
	if err != nil {
		c.broken = true
		return err
	}
	return c.storedVersion(key, item, line)
}

// appendVersioned appends the line of storeVersionUntil before the image.
func (c *conn) appendVersioned(line []byte, key string, item backend.Item, mode string, seconds int32) []byte {
	line = append(append(line, "ms "...), key...)
	line = strconv.AppendInt(append(line, ' '), int64(len(item.Image)), 10)
	line = append(append(append(line, ' '), mode...), " k F"...)
	line = strconv.AppendUint(line, uint64(c.flagsOf(item)), 10)
	line = strconv.AppendInt(append(line, " T"...), int64(seconds), 10)
	line = strconv.AppendUint(append(line, " E"...), uint64(item.Version), 10)
	return append(line, protocol.LineEnd...)
}

// storedVersion translates the answer to storeVersion.
func (c *conn) storedVersion(key string, item backend.Item, line []byte) error {
	switch word, flags := cutWord(line); word {
	case "HD", "NS", "EX", "NF":
		if err := c.checkKey(keyFlag(flags), key); err != nil {
			return err
		}
		c.limits.versions = able
		return outcomeOf(word)
	}
	if bytes.HasPrefix(line, []byte(answerNoVersions)) {
		c.limits.versions = unable
		if err := c.refuseZones(); err != nil {
			return err
		}
		return errNoVersions
	}
	return c.notStored(key, item, line)
}

// notStored translates the answer of a server that refuses to store an item.
func (c *conn) notStored(key string, item backend.Item, line []byte) error {
	c.broken = true
	switch {
	case bytes.HasPrefix(line, []byte(answerTooLarge)):
		return c.tooLarge(key, item)
	case bytes.HasPrefix(line, []byte(answerNoMemory)):
		return backend.ErrNoMemory
	}
	return c.zoneError("ms", line)
}

// outcomeOf returns what a word says that answers a conditional ms.
func outcomeOf(word string) error {
	switch word {
	case "NS":
		return backend.ErrExists
	case "EX":
		return backend.ErrConflict
	case "NF":
		return backend.ErrNotFound
	}
	return nil
}
