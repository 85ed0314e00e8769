package live

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/metric"
)

// Rates and percentiles are those of the window: what was before does not count.
func TestOperationsOfTheWindow(t *testing.T) {
	t.Parallel()
	s := newSampled()
	s.calls(1000, "getSession", "", time.Second)
	s.calls(3, "setSession", "StoreUnavailableFault", time.Second)
	first := s.tick(t, 0)
	assert.Equal(t, Operation{Name: "getSession", Rate: "–", Faults: "–", Median: "–", High: "–", Highest: "–", Total: "1,000", Peak: "–"}, first.Operations[0], "one sample is no window")
	assert.Equal(t, "–", first.Calls)

	s.calls(98, "getSession", "", time.Millisecond)
	s.calls(2, "getSession", "SessionNotFoundFault", 100*time.Millisecond)
	state := s.tick(t, sampleEvery)
	require.Len(t, state.Operations, 2)
	get := state.Operations[0]
	assert.Equal(t, []string{"getSession", "20.0", "0.4", "1,100"}, []string{get.Name, get.Rate, get.Faults, get.Total})
	assert.Equal(t, []string{"1.0 ms", "1.0 ms", "115 ms"}, []string{get.Median, get.High, get.Highest})
	assert.Equal(t, Operation{Name: "setSession", Rate: "0", Faults: "0", Median: "–", High: "–", Highest: "–", Total: "3", Path: "M236 60.0h.1", Peak: "0"}, state.Operations[1], "it was not called in the window")
	assert.Equal(t, []Fault{{"SessionNotFoundFault", "0.4", "2"}, {"StoreUnavailableFault", "0", "3"}}, state.Faults)
	assert.Equal(t, "20.0", state.Calls)
	require.Equal(t, "duration", state.Charts[1].Name)
	assert.Equal(t, "1.0 ms", state.Charts[1].Lines[0].Last)
	assert.Equal(t, "115 ms", state.Charts[1].Lines[1].Last)
	assert.Equal(t, "last 5 s", state.Window)

	assert.Equal(t, []string{"M236 0.0h.1", "20.0"}, []string{get.Path, get.Peak})
	for range windowSamples {
		state = s.tick(t, sampleEvery)
	}
	assert.Equal(t, "last 1 min 0 s", state.Window)
	assert.Equal(t, "0", state.Operations[0].Rate)
	assert.Equal(t, "–", state.Operations[0].Highest)
	assert.Equal(t, "20.0", state.Operations[0].Peak, "the charts are about an hour")
}

// Hit rates are those of the window, tier by tier.
func TestTiers(t *testing.T) {
	t.Parallel()
	s := newSampled()
	near := func(hits, misses, bypasses float64) {
		s.metrics = []metric.Metric{{Name: "near_hits_total", Value: hits}, {Name: "near_misses_total", Value: misses}, {Name: "near_bypasses_total", Value: bypasses}}
	}
	near(1000, 0, 0)
	s.rows = []backend.ServerStats{counters("a:1", 100, 10, 10, 5), counters("b:1", 100, 0, 0, 0)}
	state := s.tick(t, 0)
	assert.Equal(t, []string{"–", "–", "–"}, sharesOf(state))
	near(1075, 20, 5)
	s.rows = []backend.ServerStats{counters("a:1", 105, 10+30, 10+10, 5), counters("b:1", 2, 0, 100, 0)}
	state = s.tick(t, sampleEvery)
	assert.Equal(t, []string{"–", "75.0 %", "75.0 %"}, sharesOf(state), "b was restarted")
	s.rows = []backend.ServerStats{counters("a:1", 110, 3, 25, 5), counters("b:1", 7, 0, 110, 0)}
	later := s.tick(t, sampleEvery)
	assert.Equal(t, "0.0 %", tierOf(later, "servers of the origin").Share, "the statistics of a were reset")
	assert.Equal(t, []string{"0", "20.0", "8.0"}, []string{state.Tiers[0].Rate, state.Tiers[1].Rate, state.Tiers[2].Rate})
}

func tierOf(state State, name string) Tier {
	for _, tier := range state.Tiers {
		if tier.Name == name {
			return tier
		}
	}
	return Tier{}
}

func sharesOf(state State) (shares []string) {
	for _, tier := range state.Tiers {
		shares = append(shares, tier.Share)
	}
	return shares
}

// A server that does not answer says since when, and shows no old values.
func TestServers(t *testing.T) {
	t.Parallel()
	s := newSampled()
	s.metrics = []metric.Metric{
		aboutServer("breaker_open", 0, "a:1"), aboutServer("connections", 4, "a:1"), aboutServer("breaker_open", 1, "b:1"),
		{Name: "server_refused", Value: 1, Server: "b:1", Tier: "principal", Reason: "too_old"},
		aboutServer("pool_conflict", 1, "a:1"),
		{Name: "standby_state", Value: 1, Server: "s:1", Tier: "standby", Reason: "equal"},
	}
	s.rows = []backend.ServerStats{counters("a:1", 90061, 1, 1, 5), row("b:1", false), row("s:1", false)}
	s.tick(t, 0)
	s.rows[0] = counters("a:1", 90066, 1, 1, 15)
	state := s.tick(t, sampleEvery)
	require.Len(t, state.Servers, 3)
	assert.Equal(t, Server{
		Name: "a:1", Tier: "origin", Alive: true, State: "answers", Version: "1.6.38", Up: "1 d 1 h", Items: "1,234",
		Memory: "1.0 MiB of 64.0 MiB", Evictions: "15 (2.0 a second)", Connections: "9", OwnConnections: "4", Breaker: "closed",
		Notes: []string{"another instance places sessions on other servers: the log says what differs"},
	}, state.Servers[0])
	b := state.Servers[1]
	assert.Equal(t, "has not answered since this instance was started", b.State)
	assert.True(t, b.BreakerOpen)
	assert.Equal(t, []string{"out of service: too old"}, b.Notes)
	assert.Equal(t, "standby", state.Servers[2].Tier)

	s.rows = append(s.rows, backend.ServerStats{Address: "memory", Tier: backend.Near, Alive: true})
	s.rows[0] = row("a:1", false)
	s.tick(t, sampleEvery)
	state = s.tick(t, sampleEvery)
	a := state.Servers[0]
	assert.Equal(t, "does not answer since 12:00:10 UTC (5 s); it answered at 12:00:05 UTC", a.State)
	assert.Equal(t, []string{"–", "–", "–", "–", "–"}, []string{a.Version, a.Up, a.Items, a.Memory, a.Evictions})
	chart := state.Charts[len(state.Charts)-1]
	assert.Equal(t, []string{"answering", "3", "0"}, []string{chart.Name, chart.Top, chart.Lines[0].Last}, "the near cache in this process is no server")
	s.rows[0] = counters("a:1", 1, 0, 0, 0)
	state = s.tick(t, sampleEvery)
	assert.Equal(t, "answers, since 2026-03-04 12:00:20 UTC", state.Servers[0].State)
	assert.Equal(t, "1 s", state.Servers[0].Up)
}

// The streams say how stale they are, and the indexes since when they are not complete.
func TestStreams(t *testing.T) {
	t.Parallel()
	s := newSampled()
	s.metrics = []metric.Metric{
		aboutServer("watch_connected", 1, "a:1"), aboutServer("watch_lag_seconds", 0.012, "a:1"),
		aboutServer("watch_connected", 0, "b:1"), aboutServer("watch_lag_seconds", metric.Infinite(), "b:1"),
	}
	s.indexes = []index.ServerState{{Server: "a:1", Complete: true}, {Server: "b:1", Since: noon, Reason: "it is rebuilt"}, {Server: "c:1", Complete: true}}
	state := s.tick(t, time.Minute)
	assert.Equal(t, []Stream{
		{Server: "a:1", Tier: "origin", Connected: true, Followed: true, Lag: "12.0 ms", Index: "complete", Complete: true},
		{Server: "b:1", Tier: "origin", Followed: true, Lag: "never", Index: "not complete since 12:00:00 UTC (1 min 0 s)", Reason: "it is rebuilt"},
		{Server: "c:1", Lag: "–", Index: "complete", Complete: true},
	}, state.Streams)
	s.metrics, s.indexes = nil, nil
	assert.Empty(t, s.tick(t, sampleEvery).Streams)
}

// Another process says who it is, and the page says in what it differs.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	s := newSampled()
	alike := self()
	alike.Host = "two"
	other := self()
	other.Host, other.Version, other.Placement, other.Settings = "three", "1.3", "p2", map[string]string{"Limits": "a", "Sessions": "c", "LemonLDAP::NG": "d"}
	copies := Instance{Command: "replicate", Host: "four", Version: "1.2.3", Placement: "p1", Settings: map[string]string{"Limits": "z"}, Replication: &Replication{Active: true, Waiting: 12, Lag: 30 * time.Millisecond, Compared: noon.Unix()}}
	standsBy := Instance{Command: "replicate", Host: "five", Version: "1.2.3", Replication: &Replication{}}
	s.instance.neighbours = []Neighbour{{other, []string{"a:1", "b:1"}, noon}, {alike, []string{"a:1"}, noon}}
	state := s.tick(t, 3*time.Second)
	require.Len(t, state.Instances, 3)
	assert.True(t, state.Instances[0].Self)
	assert.Equal(t, "the placement of keys, the version, settings of Sessions", state.Instances[1].Differences)
	assert.Equal(t, "a:1, b:1", state.Instances[1].Servers)
	assert.Empty(t, state.Instances[2].Differences)
	assert.Equal(t, state.Instances[0].Settings, state.Instances[2].Settings)
	assert.NotEqual(t, state.Instances[0].Settings, state.Instances[1].Settings)
	assert.True(t, state.Differs)
	assert.Empty(t, state.Replicators)

	s.instance.neighbours = []Neighbour{{alike, nil, noon}, {copies, nil, noon}, {standsBy, nil, noon}}
	state = s.tick(t, sampleEvery)
	assert.False(t, state.Differs)
	assert.Equal(t, []Replicator{
		{Host: "four (process 0)", State: "the pools are not equal", Waiting: "12", Lag: "30.0 ms", Compared: "2026-03-04 12:00:00 UTC", Seen: "8 s ago"},
		{Host: "five (process 0)", State: "stands by, or starts", Waiting: "–", Lag: "–", Compared: "–", Seen: "8 s ago"},
	}, state.Replicators)
	state = s.tick(t, sampleEvery)
	assert.Equal(t, "12", state.Charts[len(state.Charts)-1].Lines[0].Last)
}

// What a process tells fits into its line, and what others wrote there is nobody.
func TestInstanceText(t *testing.T) {
	t.Parallel()
	one := self()
	one.Replication = &Replication{Active: true, Waiting: 1 << 40, Lag: time.Hour, MetricsAt: "127.0.0.1:9181"}
	text := one.String()
	assert.NotContains(t, text, "\n")
	parsed, ok := ParseInstance(text)
	assert.True(t, ok)
	assert.Equal(t, one, parsed)
	for _, text := range []string{"", "x", "{}", "[]", `{"command":5}`, `{"host":"x"}`} {
		_, ok := ParseInstance(text)
		assert.False(t, ok, text)
	}
	parsed, ok = ParseInstance(`{"command":"` + strings.Repeat("x", 500) + `"}`)
	assert.True(t, ok)
	assert.Len(t, parsed.Command, 64)
	me := Self("serve", "1.2.3", noon)
	assert.NotEmpty(t, me.Host)
	assert.Positive(t, me.PID)
}
