package live

import (
	"math"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// place is a server in a tier.
type place struct {
	tier    string
	address string
}

// serverState is what is known of one server.
type serverState struct {
	place

	alive bool
	since time.Time // when alive became what it is; zero if that was before the first question
	// stats are the statistics of the last answer, which came at answered.
	stats    map[string]string
	answered time.Time
	minute   ring[serverCounts]
}

// serverCounts are counters of a server that only grow while it runs.
type serverCounts struct {
	at                      time.Time
	hits, misses, evictions float64
	uptime                  float64
}

// servers are the states of all servers, in configured order.
type servers struct {
	order   []place
	byPlace map[place]*serverState
}

// take takes over the answers to a question that began at a time. standbys are the
// servers of the standby, whose rows say that they are of the origin.
func (s *servers) take(rows []backend.ServerStats, standbys map[string]bool, began time.Time) {
	s.order = s.order[:0]
	for _, row := range rows {
		at := place{string(row.Tier), row.Address}
		if standbys[row.Address] {
			at.tier = standbyTier
		}
		state := s.byPlace[at]
		if state == nil {
			state = &serverState{place: at, alive: row.Alive, minute: newRing[serverCounts](windowSamples + 1)}
			s.byPlace[at] = state
		}
		s.order = append(s.order, at)
		state.take(row, began)
	}
}

// standbyTier is the tier of the servers of the standby in metrics.
const standbyTier = "standby"

// standbysOf returns the servers of the standby.
func standbysOf(list []metric.Metric) map[string]bool {
	servers := map[string]bool{}
	for _, m := range find(list, "standby_state") {
		if m.Tier == standbyTier {
			servers[m.Server] = true
		}
	}
	return servers
}

func (s *serverState) take(row backend.ServerStats, began time.Time) {
	if s.alive != row.Alive {
		s.alive, s.since = row.Alive, began
	}
	if !row.Alive {
		return
	}
	s.answered = began
	s.stats = make(map[string]string, len(row.Stats))
	for _, stat := range row.Stats {
		s.stats[stat.Name] = stat.Value
	}
	now := serverCounts{
		at: began, hits: s.number("get_hits"), misses: s.number("get_misses"), evictions: s.number("evictions"), uptime: s.number("uptime"),
	}
	if last := s.minute.last(); last != nil && (now.uptime < last.uptime || now.hits < last.hits || now.misses < last.misses || now.evictions < last.evictions) {
		s.minute = newRing[serverCounts](s.minute.size) // it was restarted, or its statistics were reset
	}
	s.minute.add(now)
}

// number returns a statistic, or NaN.
func (s *serverState) number(name string) float64 {
	n, err := strconv.ParseFloat(s.stats[name], 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// window returns the counters at the beginning and at the end of the last minute. ok is
// false if less is known.
func (s *serverState) window() (from, to serverCounts, ok bool) {
	if !s.alive || s.minute.len() < 2 {
		return from, to, false
	}
	return *s.minute.at(0), *s.minute.last(), true
}

// answering returns how many servers there are and how many of them answer: what is in
// the memory of this process is none.
func (s *servers) answering() (alive, all int) {
	for _, at := range s.order {
		state := s.byPlace[at]
		if state.inProcess() {
			continue
		}
		all++
		if state.alive {
			alive++
		}
	}
	return alive, all
}

// inProcess says whether it is no server, but in the memory of this process.
func (s *serverState) inProcess() bool {
	return s.address == "memory" && s.alive && s.stats["version"] == ""
}
