package memcached

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// member is a server as one of a pool: what decides which keys it has.
type member struct {
	name    string // as configured, without the weight
	address address
	host    string // as configured, without the brackets of an IPv6 address
	port    string // "" for a socket
	weight  float64
}

// maxWeight bounds a weight: buckets and points on a ring take memory.
const maxWeight = 1000

// parseMember reads an address, as parseAddress does, and "=WEIGHT" behind it.
func parseMember(text string) (member, error) {
	name, weight, weighted := cutLast(text, "=")
	m := member{name: name, weight: 1}
	if weighted {
		w, err := strconv.ParseFloat(weight, 64)
		if err != nil || !(w > 0 && w <= maxWeight) || strings.Trim(weight, "0123456789.") != "" {
			return member{}, fmt.Errorf("%q is no weight above 0 and up to %d", weight, maxWeight)
		}
		m.weight = w
	}
	var err error
	if m.address, err = parseAddress(name); err != nil {
		return member{}, err
	}
	if m.address.network == "tcp" {
		m.host, m.port, err = splitHostPort(name)
	}
	return m, err
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// check refuses what the programs with the rule could not be told either, or
// would not understand as we do.
func (m member) check(rule Hash) error {
	whole := m.weight == math.Trunc(m.weight)
	switch {
	case rule == Modula && m.weight != 1:
		return errors.New("modula knows no weights")
	case rule != Fast && rule != FastKetama && !whole:
		return fmt.Errorf("a weight that is no whole number is for %s and %s only", Fast, FastKetama)
	case (rule == FastKetama || rule == LibmemcachedKetama) && m.address.network != "tcp":
		return errors.New("a socket has no place on a ring, an address has")
	}
	return nil
}

// libmemcachedName is what libmemcached 1.1.4 hashes: the host as configured,
// and the port unless it is memcached's own.
func (m member) libmemcachedName() string {
	if m.port == defaultPort {
		return m.host
	}
	return m.host + ":" + m.port
}
