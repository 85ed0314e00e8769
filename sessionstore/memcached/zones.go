package memcached

import (
	"bytes"
	"errors"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// A proxy may store each key in several zones, each of which has a whole copy. A server
// that counts CAS numbers by itself would give an item another one in each zone, and a
// compare-and-swap would change some of the zones. Therefore every write through a proxy
// chooses the number, also of an item without a version. Where an item is changed
// whatever it was before, the zones could have two such changes in another order: an
// append is a compare-and-swap there. Reads go to one zone, so that a new time to live
// is a command that goes to all of them.

// errZone says that a proxy has not made a write in all its zones. Reading the item
// does not tell what the others have.
var errZone = errors.New("memcached: the proxy did not make the change on all its servers")

// refuseZones refuses a proxy before servers that take no CAS numbers: a write would
// change some of its zones.
func (c *conn) refuseZones() error {
	if !c.limits.zones || c.limits.versions != unable {
		return nil
	}
	c.broken = true // another server may take its place
	return &refusedError{why: refusedProxy, answer: answerNoVersions}
}

// numbered returns an item with the CAS number that it gets, if the server is a proxy.
func (c *conn) numbered(item backend.Item) backend.Item {
	if item.Version == 0 && c.limits.zones {
		item.Version = c.server.clock.After(backend.Version(item.CAS))
	}
	return item
}

// learnZones makes sure that it is known whether the server is a proxy.
func (c *conn) learnZones() error {
	if c.limits != nil || c.server.told.Load() && !c.server.zones.Load() {
		return nil
	}
	return c.readSettings()
}

// touchZones is touch through a proxy.
func (c *conn) touchZones(key string, expiresIn time.Duration) (backend.Item, error) {
	for range maxZoneTries {
		if err := c.extendZones(key, expiresIn); err != nil {
			return backend.Item{}, err
		}
		item, err := c.get(key)
		if err != nil {
			return backend.Item{}, err
		}
		// The change stream reports a write.
		item.ExpiresIn, item.Version = expiresIn, 0
		if err = c.compareAndSwap(key, item); !backend.LostRace(err) {
			item.CAS, item.ExpiresIn = 0, backend.AtLeast(expiresIn)
			return item, err
		}
	}
	return backend.Item{}, errOvertaken()
}

// maxZoneTries bounds how often a change is tried while others change the item.
const maxZoneTries = 64

// appendZones is append through a proxy.
func (c *conn) appendZones(key string, item backend.Item) (backend.Item, int64, error) {
	for range maxZoneTries {
		present, err := c.get(key)
		switch {
		case errors.Is(err, backend.ErrNotFound):
			present, err = item, c.add(key, item)
		case err == nil:
			present.Image = append(present.Image, item.Image...)
			if present.ExpiresIn != 0 && (item.ExpiresIn == 0 || item.ExpiresIn > present.ExpiresIn) {
				present.ExpiresIn = item.ExpiresIn + item.ExpiresIn/2
			}
			err = c.compareAndSwap(key, present)
		}
		if !backend.LostRace(err) {
			size := int64(len(present.Image))
			present.Image = nil
			return present, size, err
		}
	}
	return backend.Item{}, 0, errOvertaken()
}

// extendZones sets the time to live in all zones, and keeps the CAS number.
func (c *conn) extendZones(key string, expiresIn time.Duration) error {
	seconds, err := c.exptime(expiresIn)
	if err != nil {
		return err
	}
	line, err := c.meta("touch ", key, " ", strconv.Itoa(int(seconds)))
	switch {
	case err != nil:
		return err
	case string(line) == "TOUCHED":
		return nil
	case string(line) == "NOT_FOUND":
		return backend.ErrNotFound
	}
	c.broken = true
	return c.zoneError("touch", line)
}

// zoneError is the error of a write that a server has not made.
func (c *conn) zoneError(command string, line []byte) error {
	err := protocol.Unexpected(command, line)
	if c.server.zones.Load() && bytes.HasPrefix(line, []byte("SERVER_ERROR ")) {
		return errors.Join(errZone, err)
	}
	return err
}
