package memcached

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// A proxy that stores a key on several servers breaks compare-and-swap without a word
// if each of these servers counts CAS numbers by itself: a change reaches some of them
// and leaves the old session on the others. So a proxy is used if the servers behind it
// take the numbers that they are given (zones.go). Another one is refused, unless its
// operator says that each key has one server ([DirectProxy]).

// ProxyMode says what happens to a proxy among the servers.
type ProxyMode string

// What happens to a proxy.
const (
	// RefuseProxy refuses a proxy that is noticed, unless the servers behind it take CAS
	// numbers.
	RefuseProxy ProxyMode = "refuse"
	// NoProxy refuses every proxy that is noticed.
	NoProxy ProxyMode = "never"
	// DirectProxy uses the servers as proxies that store each key on one server.
	// Their keys cannot be listed and their changes cannot be followed: a proxy
	// answers for itself.
	DirectProxy ProxyMode = "direct"
)

// isProxy says whether settings are those of memcached's own proxy.
func isProxy(settings []backend.Stat) bool {
	return slices.ContainsFunc(settings, func(s backend.Stat) bool {
		return s.Name == "proxy_enabled" && s.Value == "yes" || s.Name == "binding_protocol" && s.Value == "proxy"
	})
}

const (
	// traceItems is how many items show whether one server answers. A proxy before
	// two servers gives all of them to one server once in 32,768 times.
	traceItems = 16
	// traceTries is how often they must show the same: the items of one try may be
	// evicted or flushed.
	traceTries = 3
	// traceNumber is the first CAS number that a proxy gets.
	traceNumber = uint64(backend.LeastVersion)
)

// trace stores items over one connection and reads them over another one. A single
// server has all of them, and its CAS numbers grow from one to the next. Otherwise
// several servers answer at the address, by keys as behind a proxy or by connections
// as behind a load balancer. A proxy that says that it is one gets the numbers, which
// its servers must have kept. The result is nil or a [*refusedError], unless the server
// does not answer.
func (s *server) trace(ctx context.Context, found inspection) error {
	given := found.proxy && s.proxy != DirectProxy
	if given && s.proxy == NoProxy {
		return &refusedError{why: refusedProxy, answer: found.version}
	}
	for range traceTries {
		keys := traceKeys()
		stored, err := s.storeTraces(ctx, keys, given)
		if errors.Is(err, errNoVersions) {
			return &refusedError{why: refusedProxy, answer: found.version}
		}
		if err != nil || !stored && !given {
			return err
		}
		numbers, err := s.readTraces(ctx, keys)
		switch {
		case err != nil:
			return err
		case slices.Contains(numbers, 0):
			return &refusedError{why: refusedNoCAS, answer: found.version}
		case given && len(numbers) == traceItems && numbers[0] != traceNumber:
			return &refusedError{why: refusedProxy, answer: found.version}
		case s.proxy == DirectProxy, len(numbers) == traceItems && grow(numbers):
			return nil
		}
	}
	return &refusedError{why: refusedProxy, answer: found.version}
}

func grow(numbers []uint64) bool {
	for i, n := range numbers[1:] {
		if n <= numbers[i] {
			return false
		}
	}
	return true
}

func traceKeys() (keys [traceItems]string) {
	name := inspectionKey + ":" + rand.Text() + ":"
	for i := range keys {
		keys[i] = name + strconv.Itoa(i)
	}
	return keys
}

// storeTraces stores the items, which expire soon, with given CAS numbers or those that
// the server counts. It returns false if the server does not store all of them, and
// errNoVersions if it does not take the numbers. A server behind a proxy that does not
// answer is another error.
func (s *server) storeTraces(ctx context.Context, keys [traceItems]string, given bool) (stored bool, err error) {
	var commands strings.Builder
	for i, key := range keys {
		commands.WriteString("ms " + key + " 0 T5")
		if given {
			commands.WriteString(" E" + strconv.FormatUint(traceNumber+uint64(i), 10))
		}
		commands.WriteString(protocol.LineEnd + protocol.LineEnd)
	}
	stored = true
	refused := false
	err = s.ask(ctx, commands.String(), func(r *bufio.Reader) error {
		for range keys {
			line, err := protocol.ReadLine(r)
			if err != nil {
				return err
			}
			stored = stored && string(line) == "HD"
			refused = refused || bytes.HasPrefix(line, []byte(answerNoVersions))
			if given && bytes.HasPrefix(line, []byte("SERVER_ERROR ")) {
				return protocol.Unexpected("ms", line)
			}
		}
		return nil
	})
	if err == nil && refused {
		err = errNoVersions
	}
	return stored, err
}

// readTraces returns the CAS numbers of those items that are there.
func (s *server) readTraces(ctx context.Context, keys [traceItems]string) (numbers []uint64, err error) {
	var commands strings.Builder
	for _, key := range keys {
		commands.WriteString("mg " + key + " c" + protocol.LineEnd)
	}
	err = s.ask(ctx, commands.String(), func(r *bufio.Reader) error {
		for range keys {
			line, err := protocol.ReadLine(r)
			if err != nil {
				return err
			}
			digits, found := strings.CutPrefix(string(line), "HD c")
			if cas, err := strconv.ParseUint(digits, 10, 64); found && err == nil {
				numbers = append(numbers, cas)
			}
		}
		return nil
	})
	return numbers, err
}
