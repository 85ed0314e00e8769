package memcached

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/metric"
)

// Defaults of [Options].
const (
	DefaultTimeout      = time.Second
	DefaultMaxConns     = 64
	DefaultMaxIdleConns = 64
)

// Options say which servers there are and how to use them. Zero fields have
// their defaults; Servers has none.
type Options struct {
	// Servers are "host", "host:port", "[v6]", "[v6]:port", "unix:/path" or
	// "/path"; the default port is 11211. "tls:" before one that has a host
	// encrypts the connections to it. An optional "=WEIGHT" follows: a
	// whole number from 1 to 1000, or with selector.Fast and
	// selector.FastKetama a decimal fraction; the default is 1. Order, weights
	// and, on a continuum, the names as written decide which server holds
	// which session: they must be those of the other programs on the pool.
	Servers []string
	// Hash is the rule that maps keys to servers; the default is
	// selector.CacheMemcached.
	Hash selector.Hash
	// KetamaPoints is ketama_points of Cache::Memcached::Fast, for
	// selector.FastKetama only.
	KetamaPoints int
	// KeyPrefix stands before each key on the servers (namespace of
	// Cache::Memcached and Cache::Memcached::Fast, OPT_PREFIX_KEY of
	// libmemcached). It has 1 to 186 bytes from 0x21 to 0x7e, which leaves
	// room for the longest session id.
	KeyPrefix string
	// HashKeyPrefix makes KeyPrefix part of what is hashed (hash_namespace of
	// Cache::Memcached::Fast); for selector.Fast and selector.FastKetama only.
	HashKeyPrefix bool
	// OnDeadServer says what happens to the keys of a server that accepts no
	// connections; the default is Fail.
	OnDeadServer OnDeadServer
	// Proxy says what happens to a proxy among the servers; the default is
	// RefuseProxy. [Backend.CheckServers] notices them.
	Proxy ProxyMode
	// FollowServers are servers behind proxies that are Servers, in the form of these:
	// those of one zone, if the proxies store each key in several. Their changes are
	// followed and their keys are scanned, which proxies hide. Together they are the one
	// server that [Backend.Servers] returns.
	FollowServers []string
	// Connector makes the connections to servers with TLS or a password. Without it
	// the authorities of the system are trusted, and there are no passwords.
	Connector *connect.Connector
	// Discovered says how the list of servers has changed since Servers was taken from
	// it: it is among the statistics and the metrics. It is nil if nobody else keeps
	// the list.
	Discovered Discovered
	// Timeout bounds connecting, and the wait for the answer to a command, each
	// by itself.
	Timeout time.Duration
	// MaxConns bounds the connections to one server, and so the calls under
	// way. Further calls wait until their context ends.
	MaxConns int
	// MaxIdleConns bounds the idle connections to one server.
	MaxIdleConns int
	// shareFrom is how many reads of a server are under way when they begin to share
	// exchanges; only tests change it.
	shareFrom int32
	// Logger logs when the circuit breaker of a server opens or closes, and
	// when a change stream connects or disconnects; nil logs nothing.
	Logger *slog.Logger
}

// Discovered knows the list of servers that somebody else keeps.
type Discovered interface {
	metric.Source
	// Change says how the list has changed, or "no".
	Change() string
}

// OnDeadServer says what happens to the keys of a dead server.
type OnDeadServer string

// What happens to them.
const (
	// Fail makes them unavailable.
	Fail OnDeadServer = "fail"
	// Rehash gives them to other servers, as Cache::Memcached 1.30 does
	// (failover, see the package documentation); for selector.CacheMemcached
	// only.
	Rehash OnDeadServer = "rehash"
)

// maxPrefix leaves room for the longest session id, 64 bytes, in the longest
// key.
const maxPrefix = 250 - 64

// newSelector checks the options and makes the selector.
func (o Options) newSelector() (*selector.Selector, error) {
	if o.KeyPrefix != "" && (len(o.KeyPrefix) > maxPrefix || backend.CheckKey(o.KeyPrefix) != nil) {
		return nil, fmt.Errorf("the key prefix must be up to %d bytes of printable ASCII without blanks", maxPrefix)
	}
	selection := selector.Options{Servers: o.Servers, Hash: o.Hash, KetamaPoints: o.KetamaPoints}
	if o.HashKeyPrefix {
		if o.KeyPrefix == "" {
			return nil, errors.New("there is no key prefix to hash")
		}
		selection.HashedPrefix = o.KeyPrefix
	}
	s, err := selector.New(selection)
	switch {
	case err != nil:
		return nil, err
	case o.OnDeadServer == Rehash && !s.HasChain():
		return nil, fmt.Errorf("%s has no failover chain: use %s to rehash", o.Hash, selector.CacheMemcached)
	case o.OnDeadServer == Rehash && len(o.FollowServers) > 0:
		return nil, errors.New("a proxy has no failover of this package: do not rehash before servers to follow")
	case o.OnDeadServer == Rehash && o.Proxy == DirectProxy:
		return nil, errors.New("a proxy has no failover of this package: do not rehash behind it")
	case o.Proxy != "" && o.Proxy != RefuseProxy && o.Proxy != NoProxy && o.Proxy != DirectProxy:
		return nil, fmt.Errorf("the treatment of a proxy %q is invalid: use %s or %s", o.Proxy, RefuseProxy, DirectProxy)
	case o.OnDeadServer != "" && o.OnDeadServer != Fail && o.OnDeadServer != Rehash:
		return nil, fmt.Errorf("on a dead server %q is invalid: use %s or %s", o.OnDeadServer, Fail, Rehash)
	}
	return s, nil
}

func (o Options) logger() *slog.Logger { return cmp.Or(o.Logger, slog.New(slog.DiscardHandler)) }

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return DefaultTimeout
}

func (o Options) maxConns() int {
	if o.MaxConns > 0 {
		return o.MaxConns
	}
	return DefaultMaxConns
}

func (o Options) maxIdleConns() int {
	if o.MaxIdleConns > 0 {
		return o.MaxIdleConns
	}
	return DefaultMaxIdleConns
}
