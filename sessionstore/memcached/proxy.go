package memcached

import (
	"bufio"
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// A proxy that stores a key on several servers breaks compare-and-swap without a
// word: each of these servers has CAS numbers of its own, so that a change reaches
// some of them and leaves the old session on the others. Therefore a proxy is
// refused, unless its operator says that each key has one server ([DirectProxy]).

// ProxyMode says what happens to a proxy among the servers.
type ProxyMode string

// What happens to a proxy.
const (
	// RefuseProxy refuses a proxy that is noticed.
	RefuseProxy ProxyMode = "refuse"
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
)

// trace stores items over one connection and reads them over another one. A single
// server has all of them, and its CAS numbers grow from one to the next. Otherwise
// several servers answer at the address, by keys as behind a proxy or by connections
// as behind a load balancer. The result is nil or a [*refusedError], unless the
// server does not answer.
func (s *server) trace(ctx context.Context, version string) error {
	for range traceTries {
		keys := traceKeys()
		stored, err := s.storeTraces(ctx, keys)
		if err != nil || !stored {
			return err
		}
		numbers, err := s.readTraces(ctx, keys)
		switch {
		case err != nil:
			return err
		case slices.Contains(numbers, 0):
			return &refusedError{why: refusedNoCAS, answer: version}
		case s.proxy == DirectProxy, len(numbers) == traceItems && grow(numbers):
			return nil
		}
	}
	return &refusedError{why: refusedProxy, answer: version}
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

// storeTraces stores the items, which expire soon. It returns false if the server
// does not store all of them.
func (s *server) storeTraces(ctx context.Context, keys [traceItems]string) (stored bool, err error) {
	var commands strings.Builder
	for _, key := range keys {
		commands.WriteString("ms " + key + " 0 T5" + protocol.LineEnd + protocol.LineEnd)
	}
	stored = true
	err = s.ask(ctx, commands.String(), func(r *bufio.Reader) error {
		for range keys {
			line, err := protocol.ReadLine(r)
			if err != nil {
				return err
			}
			stored = stored && string(line) == "HD"
		}
		return nil
	})
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
