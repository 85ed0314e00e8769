package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"memcachedsoap/service/console/live"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/replication"
)

// process is what this process tells the others on its servers, and how it learns of
// them.
type process struct {
	live.Instance

	began time.Time
	pool  *memcached.Backend // nil while there is none
}

// newProcess returns this process.
func newProcess(command string, settings map[string]string) *process {
	now := time.Now()
	p := &process{Instance: live.Self(command, version, now), began: now}
	p.Settings = settings
	return p
}

// register tells the other processes on the servers of a pool that this one is there.
func (p *process) register(pool *memcached.Backend) {
	p.pool, p.Placement = pool, pool.Placement()
	text := p.String()
	pool.Register(func() string { return text })
}

// neighbours returns the other processes. It is nil if there can be none.
func (p *process) neighbours() func() []live.Neighbour {
	if p.pool == nil {
		return nil
	}
	return func() []live.Neighbour {
		var found []live.Neighbour
		for _, r := range p.pool.Registered() {
			if other, ok := live.ParseInstance(r.Text); ok {
				found = append(found, live.Neighbour{Instance: other, Servers: r.Servers, Seen: r.Seen})
			}
		}
		return found
	}
}

// registerReplica tells the processes on the servers of a pool what a replicator does, and
// where its metrics are.
func registerReplica(pool *memcached.Backend, self live.Instance, metrics string, state func() replication.State) {
	self.Placement = pool.Placement()
	pool.Register(func() string {
		now := state()
		told := self
		told.Replication = &live.Replication{Active: now.Active, Equal: now.Equal, Waiting: now.Waiting, Lag: now.Lag, MetricsAt: metrics}
		if !now.Compared.IsZero() {
			told.Replication.Compared = now.Compared.Unix()
		}
		return told.String()
	})
}

// fingerprinted are the fingerprints of the settings of a command, which kong fills.
type fingerprinted struct {
	settings map[string]string // by the title of the group
}

// AfterApply takes the fingerprints. Kong calls it.
func (f *fingerprinted) AfterApply(c *kong.Context) error { //nolint:unparam // as kong wants it
	if command := c.Selected(); command != nil {
		f.settings = fingerprints(command.Flags)
	}
	return nil
}

// fingerprints returns a fingerprint of each group of flags: that of instances with equal
// settings is equal. Those that are a matter of one process do not count: its addresses,
// its log, and where its files are.
func fingerprints(flags []*kong.Flag) map[string]string {
	groups := map[string][]string{}
	for _, flag := range flags {
		if flag.Group == nil || flag.Group.Title == "Log:" || slices.Contains([]string{"config", "listen", "metrics-listen", "advertise-url"}, flag.Name) {
			continue
		}
		value := withoutPassword(fmt.Sprint(flag.Target.Interface()))
		if flag.PlaceHolder == "FILE" {
			value = strconv.FormatBool(value != "")
		}
		title := strings.TrimSuffix(flag.Group.Title, ":")
		groups[title] = append(groups[title], flag.Name+"="+value)
	}
	found := make(map[string]string, len(groups))
	for title, settings := range groups {
		slices.Sort(settings)
		sum := sha256.Sum256([]byte(strings.Join(settings, "\n")))
		found[title] = hex.EncodeToString(sum[:3])
	}
	return found
}
