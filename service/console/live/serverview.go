package live

import (
	"math"
	"slices"
	"strings"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// Server is a server of a tier.
type Server struct {
	Name, Tier                  string
	Alive                       bool
	State                       string
	Version, Up                 string
	Items, Memory, Evictions    string
	Connections, OwnConnections string
	Breaker                     string
	BreakerOpen                 bool
	Notes                       []string
}

// view returns the servers, and what the metrics of this instance say of them.
func (s *servers) view(now *reading) []Server {
	views := make([]Server, 0, len(s.order))
	for _, at := range s.order {
		views = append(views, s.byPlace[at].view(about(now.metrics, at), now.at))
	}
	return views
}

// about returns the metrics about a server.
func about(list []metric.Metric, at place) (found []metric.Metric) {
	for _, m := range list {
		if m.Server == at.address && m.Tier == at.tier {
			found = append(found, m)
		}
	}
	return found
}

func (s *serverState) view(metrics []metric.Metric, now time.Time) Server {
	v := Server{
		Name: s.address, Tier: tierName(s.tier), Alive: s.alive, State: s.text(now),
		Version: unknown, Up: unknown, Items: unknown, Memory: unknown, Evictions: unknown, Connections: unknown,
		OwnConnections: number(greatest(metrics, "connections")), Breaker: unknown, Notes: notes(metrics),
	}
	switch greatest(metrics, "breaker_open") {
	case 0:
		v.Breaker = "closed"
	case 1:
		v.Breaker, v.BreakerOpen = "open", true
	}
	if !s.alive {
		return v
	}
	if version := s.stats["version"]; version != "" {
		v.Version = bounded(version)
	}
	v.Up = upTime(s.number("uptime"))
	v.Items, v.Connections = number(s.number("curr_items")), number(s.number("curr_connections"))
	v.Memory = size(s.number("bytes")) + " of " + size(s.number("limit_maxbytes"))
	v.Evictions = number(s.number("evictions"))
	if from, to, ok := s.window(); ok && to.evictions > from.evictions {
		v.Evictions += " (" + rate((to.evictions-from.evictions)/to.at.Sub(from.at).Seconds()) + " a second)"
	}
	return v
}

func upTime(seconds float64) string {
	if math.IsNaN(seconds) {
		return unknown
	}
	return age(time.Duration(seconds) * time.Second)
}

// text says whether the server answers, and since when it does not.
func (s *serverState) text(now time.Time) string {
	switch {
	case s.alive && s.since.IsZero():
		return "answers"
	case s.alive:
		return "answers, since " + moment(s.since)
	case s.answered.IsZero():
		return "has not answered since this instance was started"
	}
	return "does not answer since " + clock(s.since) + " (" + age(now.Sub(s.since)) + "); it answered at " + clock(s.answered)
}

// notes returns what else the metrics say of a server.
func notes(metrics []metric.Metric) (notes []string) {
	for _, m := range metrics {
		switch {
		case m.Value != 1:
		case m.Name == "server_refused":
			notes = append(notes, "out of service: "+strings.ReplaceAll(m.Reason, "_", " "))
		case m.Name == "pool_conflict":
			notes = append(notes, "another instance places sessions on other servers: the log says what differs")
		case m.Name == "standby_state":
			notes = append(notes, "replicated: "+m.Reason)
		case m.Name == "discovery_changed":
			notes = append(notes, "the list of servers has changed: restart the instances")
		}
	}
	return notes
}

// Stream is what is known of the changes on a server.
type Stream struct {
	Server, Tier string
	Connected    bool
	Followed     bool // there is a change stream
	Lag          string
	Index        string // "complete", or since when it is not
	Complete     bool
	Reason       string
}

// streams returns the change stream and the index of each server.
func (v view) streams() []Stream {
	var streams []Stream
	for _, m := range find(v.now.metrics, "watch_lag_seconds") {
		one := Stream{Server: m.Server, Tier: tierName(m.Tier), Followed: true, Lag: duration(m.Value)}
		for _, c := range find(v.now.metrics, "watch_connected") {
			one.Connected = one.Connected || c.Server == m.Server && c.Tier == m.Tier && c.Value == 1
		}
		streams = append(streams, one)
	}
	for _, state := range v.indexes {
		i := slices.IndexFunc(streams, func(s Stream) bool { return s.Server == state.Server && s.Index == "" })
		if i < 0 {
			streams = append(streams, Stream{Server: state.Server, Lag: unknown})
			i = len(streams) - 1
		}
		streams[i].Index, streams[i].Complete = "complete", state.Complete
		if !state.Complete {
			streams[i].Index = "not complete since " + clock(state.Since) + " (" + age(v.now.at.Sub(state.Since)) + ")"
			streams[i].Reason = state.Reason
		}
	}
	return streams
}
