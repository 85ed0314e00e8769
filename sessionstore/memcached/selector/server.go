package selector

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Server is one server of a pool.
type Server struct {
	Name    string  // as configured, without "tls:" and the weight
	Address Address // where it listens

	host   string // as configured, without the brackets of an IPv6 address
	port   string // "" for a socket
	weight float64
}

// maxWeight bounds a weight: buckets and points on a continuum take memory.
const maxWeight = 1000

// parseServers reads the servers of a pool, in configured order.
func parseServers(texts []string) ([]Server, error) {
	if len(texts) == 0 {
		return nil, errors.New("no servers given")
	}
	servers := make([]Server, len(texts))
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		s, err := parseServer(text)
		if err != nil {
			return nil, fmt.Errorf("server %q: %w", text, err)
		}
		if seen[s.Address.target] {
			return nil, fmt.Errorf("server %q is given twice", text)
		}
		seen[s.Address.target] = true
		servers[i] = s
	}
	return servers, nil
}

// parseServer reads an address, as [ParseAddress] does, and "=WEIGHT" behind
// it.
func parseServer(text string) (Server, error) {
	name, weight, weighted := cutLast(text, "=")
	s := Server{Name: name, weight: 1}
	if weighted {
		w, err := strconv.ParseFloat(weight, 64)
		if err != nil || !(w > 0 && w <= maxWeight) || strings.Trim(weight, "0123456789.") != "" {
			return Server{}, fmt.Errorf("weight %q is invalid: use a number above 0 and up to %d", weight, maxWeight)
		}
		s.weight = w
	}
	var err error
	if s.Address, err = ParseAddress(name); err != nil {
		return Server{}, err
	}
	if s.Address.tls {
		s.Name = strings.TrimPrefix(name, tlsPrefix)
	}
	if s.Address.network == "tcp" {
		s.host, s.port, err = splitHostPort(s.Name)
	}
	return s, err
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// check rejects what the other programs with this rule do not accept either,
// or understand differently.
func (s Server) check(rule Hash) error {
	whole := s.weight == math.Trunc(s.weight)
	switch {
	case rule == Modula && s.weight != 1:
		return errors.New("modula has no weights")
	case rule != Fast && rule != FastKetama && !whole:
		return fmt.Errorf("a weight with a fraction is for %s and %s only", Fast, FastKetama)
	case (rule == FastKetama || rule == LibmemcachedKetama) && s.Address.network != "tcp":
		return errors.New("a socket has no place on a continuum: use an address")
	}
	return nil
}

// libmemcachedName is what libmemcached 1.1.4 hashes: the host as configured,
// and the port unless it is 11211.
func (s Server) libmemcachedName() string {
	if s.port == defaultPort {
		return s.host
	}
	return s.host + ":" + s.port
}
