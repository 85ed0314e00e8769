package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/discovery"
	"memcachedsoap/sessionstore/memcached/selector"
)

// replicateCommand holds the settings of a replicator: each field is a flag, with the
// environment variable that [daemonEnvironment] gives it.
type replicateCommand struct {
	configSettings

	From poolSettings `embed:"" prefix:"from-" set:"servers=Pool that is copied: its memcached servers, in the forms of serve --servers, and in the order and with the weights that the programs on this pool have. No server may be in both pools."`
	To   poolSettings `embed:"" prefix:"to-" set:"servers=Pool that becomes the copy: its memcached servers, in the same forms. It may have another number of servers and another hash: each session is stored where the programs on this pool look for it."`

	TwoWay           bool          `name:"two-way" group:"Replication:" help:"Copy the changes of both pools to the other one: of two changes of a session the later one wins. Default: changes of --from are copied to --to."`
	Once             bool          `group:"Replication:" help:"Copy everything once and end: exit code 0 says that the pools are equal. Default: follow the changes until the process is stopped."`
	Reconcile        time.Duration `default:"60s" placeholder:"TIME" group:"Replication:" help:"Time between two complete comparisons, which find what memcached does not report: changes of lifetime by Perl programs, and their deletions on memcached before 1.6.20. Default ${default}."`
	IgnoreAttributes []string      `name:"ignore-attributes" placeholder:"NAME" group:"Replication:" help:"Signatures of the old replication daemons (option signature of MemcachedClient): sessions that differ in these attributes only are equal, and the one without them is right. Separate several by commas. Default: none."`
	AllKeys          bool          `name:"all-keys" group:"Replication:" help:"Copy items under any key, also those of other programs. Default: sessions, their lookup keys, deletions and indexes."`

	MetricsListen string   `name:"metrics-listen" placeholder:"ADDRESS" group:"Addresses:" help:"Address of /metrics for Prometheus and of /healthz and /readyz: HOST:PORT, :PORT for every interface, unix:PATH or systemd; always without TLS. Default: they are not served."`
	AllowedHosts  []string `name:"allowed-hosts" placeholder:"NAME" group:"Addresses:" help:"Host names for which --metrics-listen answers, besides localhost, IP addresses and names without a dot. * allows every host. Separate several by commas. Default: none."`

	logSettings `set:"lines="`
}

// Help is what the command's --help adds.
func (*replicateCommand) Help() string {
	return `One process keeps a pair of pools equal. A second one with the same pools stands by, and takes over within 3 seconds when the first one ends. It is ready (/readyz) while the pools are equal or while it stands by.

SIGINT and SIGTERM stop it after what is in flight. A second SIGINT or SIGTERM ends the process at once, with exit code 130 or 143. With --once: exit code 0 says that the pools are equal, 1 that some items are not, 4 that a server could not be reached.`
}

// Validate rejects settings that cannot work. Kong calls it.
func (c *replicateCommand) Validate() error { return c.located(c.validate()) }

func (c *replicateCommand) validate() error {
	if len(c.From.Servers) == 0 || len(c.To.Servers) == 0 {
		return errors.New("--from and --to are required: the two pools of memcached servers")
	}
	for _, pool := range c.pools() {
		if err := pool.settings.validatePool(pool.flags); err != nil {
			return err
		}
		if err := pool.settings.validateReplicable(pool.flags); err != nil {
			return err
		}
	}
	if name := sameServer(c.From.Servers, c.To.Servers); name != "" {
		return fmt.Errorf("--from and --to both have %s: a pool and its copy need servers of their own", name)
	}
	if c.Reconcile < time.Second {
		return errors.New("--reconcile must be at least 1s")
	}
	if err := validateMetricsAddress(c.MetricsListen); err != nil {
		return err
	}
	for _, name := range c.IgnoreAttributes {
		if name == "" || name == sessionstore.IDAttribute {
			return errors.New("--ignore-attributes must be names of attributes, such as master, separated by one comma")
		}
	}
	return nil
}

// namedPool is one of the pools of a command with several.
type namedPool struct {
	flags    poolPrefix
	settings *poolSettings
}

func (c *replicateCommand) pools() []namedPool {
	return []namedPool{{fromPool, &c.From}, {toPool, &c.To}}
}

// validateReplicable rejects pools whose servers the command cannot compare one by one.
func (p *poolSettings) validateReplicable(flags poolPrefix) error {
	switch {
	case p.OnDeadServer == memcached.Rehash:
		return fmt.Errorf("%s=rehash cannot be used here: a session may then be on any server of the pool, and an older copy of it on another one. Use fail",
			flags.flag("on-dead-server"))
	case p.Proxy == memcached.DirectProxy:
		return fmt.Errorf("%s=direct cannot be used here: a proxy hides the changes and the keys of its servers. List these servers in %s",
			flags.flag("proxy"), flags.servers())
	}
	return nil
}

// sameServer returns a server that is in both lists, or "". A server may have several
// names: [memcached.SharedServers] finds those too.
func sameServer(one, other []string) string {
	targets := map[string]bool{}
	for _, text := range one {
		targets[targetOf(text)] = true
	}
	for _, text := range other {
		if targets[targetOf(text)] {
			return text
		}
	}
	return ""
}

// targetOf returns where the server of a list listens, or the text of what is no server.
func targetOf(text string) string {
	if discovery.IsPlace(text) {
		return text
	}
	name := text
	if i := strings.LastIndex(text, "="); i >= 0 {
		name = text[:i]
	}
	address, err := selector.ParseAddress(name)
	if err != nil {
		return text // opening the pool says what is wrong with it
	}
	return address.Network() + ":" + address.String()
}
