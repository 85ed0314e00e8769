package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/discovery"
	"memcachedsoap/sessionstore/memcached/selector"
)

// poolSettings are the settings of a pool of memcached servers. A command has them
// once for each of its pools: its own ones without a prefix, and others embedded with a
// [poolPrefix], which [poolFlags] needs to name and to describe them.
type poolSettings struct {
	Servers              []string               `placeholder:"HOST:PORT" group:"Servers:" help:"${servers}"`
	Hash                 selector.Hash          `enum:"cache-memcached,cache-memcached-fast,cache-memcached-fast-ketama,libmemcached-ketama,modula" default:"cache-memcached" placeholder:"RULE" group:"Servers:" help:"Rule that chooses the server of a session. Use that of the other programs on the pool: cache-memcached (Cache::Memcached), cache-memcached-fast (Cache::Memcached::Fast without ketama_points, which differs only for fractional weights), cache-memcached-fast-ketama (with ketama_points), libmemcached-ketama (OPT_LIBKETAMA_COMPATIBLE) or modula (OPT_HASH=HASH_CRC). Default ${default}."`
	KetamaPoints         int                    `placeholder:"N" group:"Servers:" help:"ketama_points of Cache::Memcached::Fast. Only for --hash=cache-memcached-fast-ketama. Default 150."`
	KeyPrefix            string                 `placeholder:"TEXT" group:"Servers:" help:"Prefix of every key in memcached: the namespace of Cache::Memcached. Default: none."`
	HashKeyPrefix        bool                   `group:"Servers:" help:"Choose the server by the prefixed key: hash_namespace of Cache::Memcached::Fast. Only for --hash=cache-memcached-fast and cache-memcached-fast-ketama."`
	OnDeadServer         memcached.OnDeadServer `enum:"fail,rehash" default:"fail" placeholder:"WHAT" group:"Servers:" help:"What happens to the sessions of a server that is down. fail: they are unavailable until it is back. rehash: the next server takes its place, as with Cache::Memcached; existing sessions are not found until the server is back. Default ${default}."`
	Proxy                memcached.ProxyMode    `enum:"refuse,direct" default:"refuse" placeholder:"WHAT" group:"Servers:" help:"What happens to a memcached proxy or load balancer among --servers. refuse: it is out of service when it is noticed, unless it is memcached's own proxy before servers of memcached 1.6.27 or newer, which can store a session in several zones. direct: each of --servers is a proxy that stores each key on one server only. What findSessions, deleteSessions, the near cache and the guard of deletions need, a proxy hides. Default ${default}."`
	ServerCA             string                 `name:"server-ca" type:"path" placeholder:"FILE" group:"Servers:" help:"Certificates, in PEM, of the authorities that sign those of the servers with tls:. A server's own certificate may be among them. Read again when it changes. Default: the authorities of the system."`
	ServerCert           string                 `name:"server-cert" type:"path" placeholder:"FILE" group:"Servers:" help:"Client certificate, in PEM, for servers with tls: that ask for one. Needs --server-key. Read again when it changes. Default: none."`
	ServerKey            string                 `name:"server-key" type:"path" placeholder:"FILE" group:"Servers:" help:"Private key, in PEM, of --server-cert. Default: none."`
	ServerName           string                 `name:"server-name" placeholder:"NAME" group:"Servers:" help:"Name that the certificates of all servers with tls: have. Default: the host of each server, as it is listed."`
	ServerAuthFile       string                 `name:"server-auth-file" type:"path" placeholder:"FILE" group:"Servers:" help:"File with the user and the password for memcached servers that ask for them (their option -Y): a line USER:PASSWORD for all servers, and lines HOST:PORT USER:PASSWORD for single ones. Read again when it changes. Default: none."`
	DiscoveryInterval    time.Duration          `default:"1m" placeholder:"TIME" group:"Servers:" help:"How often the list of servers is looked at, with --servers=cfg:HOST:PORT or srv:NAME. Default ${default}."`
	StoreTimeout         time.Duration          `default:"1s" placeholder:"TIME" group:"Servers:" help:"Longest time for connecting to a memcached server, and for its answer to one command. Default ${default}."`
	MaxServerConnections int                    `name:"max-server-connections" default:"64" placeholder:"N" group:"Servers:" help:"Most connections to one memcached server. Further calls wait for one. Default ${default}."`
}

// poolPrefix begins the flags of a pool: from- those of the pool --from, which has
// --from-hash. It is empty for the pool of serve.
type poolPrefix string

const (
	ownPool      poolPrefix = ""
	fromPool     poolPrefix = "from-"
	toPool       poolPrefix = "to-"
	standbyPool  poolPrefix = "standby-"
	previousPool poolPrefix = "previous-"
)

// servers returns the flag that lists the servers of the pool. Where the prefix names
// the pool by itself, it is the flag.
func (p poolPrefix) servers() string {
	switch p {
	case ownPool, previousPool:
		return p.flag("servers")
	default:
		return "--" + strings.TrimSuffix(string(p), "-")
	}
}

// flag returns the flag of another setting of the pool.
func (p poolPrefix) flag(setting string) string { return "--" + string(p) + setting }

// validatePool rejects settings that cannot work. The lists of others are those of servers
// to which the same connector connects.
func (p *poolSettings) validatePool(flags poolPrefix, others ...string) error {
	for _, validate := range []func() error{
		func() error { return p.validateProxy(flags) },
		func() error { return p.validateSecured(flags, others) },
		func() error { return p.validateDiscovery(flags) },
		func() error { return p.validateLimits(flags) },
	} {
		if err := validate(); err != nil {
			return err
		}
	}
	return nil
}

func (p *poolSettings) validateProxy(flags poolPrefix) error {
	if p.Proxy == memcached.DirectProxy && p.OnDeadServer == memcached.Rehash {
		return fmt.Errorf("%s=direct cannot be combined with %s=rehash: the proxy decides which server has a session",
			flags.flag("proxy"), flags.flag("on-dead-server"))
	}
	return nil
}

// validateSecured rejects settings that would have no effect. Who sets them expects
// that the connections are encrypted, or that the server asks for a password.
func (p *poolSettings) validateSecured(flags poolPrefix, others []string) error {
	if (p.ServerCert == "") != (p.ServerKey == "") {
		return fmt.Errorf("%s and %s need each other", flags.flag("server-cert"), flags.flag("server-key"))
	}
	if !slices.ContainsFunc(slices.Concat(p.Servers, others), isSecured) {
		for setting, value := range map[string]string{"server-ca": p.ServerCA, "server-cert": p.ServerCert, "server-name": p.ServerName} {
			if value != "" {
				return fmt.Errorf("%s is for servers with TLS: list them as tls:HOST:PORT, cfg:tls:HOST:PORT or srv:tls:NAME", flags.flag(setting))
			}
		}
	}
	if p.ServerAuthFile != "" && len(p.Servers) == 0 {
		return fmt.Errorf("%s needs %s", flags.flag("server-auth-file"), flags.servers())
	}
	return nil
}

// validateDiscovery rejects a place where the list of servers is, if it is not alone:
// nobody would know which order the servers have.
func (p *poolSettings) validateDiscovery(flags poolPrefix) error {
	switch {
	case slices.ContainsFunc(p.Servers, discovery.IsPlace) && len(p.Servers) > 1:
		return fmt.Errorf("%s must be either one of cfg:HOST:PORT and srv:NAME, or servers, not both", flags.servers())
	case p.DiscoveryInterval < time.Second:
		return fmt.Errorf("%s must be at least 1s", flags.flag("discovery-interval"))
	}
	return nil
}

func (p *poolSettings) validateLimits(flags poolPrefix) error {
	switch {
	case p.MaxServerConnections <= 0:
		return fmt.Errorf("%s must be more than 0", flags.flag("max-server-connections"))
	case p.StoreTimeout <= 0:
		return fmt.Errorf("%s must be more than 0", flags.flag("store-timeout"))
	}
	return nil
}

// isSecured says whether a server of a list speaks TLS.
func isSecured(server string) bool {
	return strings.HasPrefix(server, "tls:") || discovery.IsSecured(server)
}
