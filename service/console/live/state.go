package live

import (
	"maps"
	"math"
	"slices"
	"time"

	"memcachedsoap/sessionstore/index"
	"memcachedsoap/sessionstore/metric"
)

// State is what the page shows. Its texts are as they are shown.
type State struct {
	Time    string // of the sample
	Boot    string // differs after a restart
	Self    Instance
	Started string
	Age     string
	Window  string // how long the window of the tables is
	Calls   string // a second
	// InFlight is how many calls are worked on.
	InFlight string

	Charts      []Chart
	Operations  []Operation
	Faults      []Fault
	Tiers       []Tier
	Servers     []Server
	Streams     []Stream
	Indexed     bool // there is an index
	Replicators []Replicator
	Instances   []Peer
	// Shared says that other processes may have the sessions, too.
	Shared bool
	// Differs says that another instance has other settings, or places keys elsewhere.
	Differs bool
}

// Operation is what the calls of an operation were like in the window.
type Operation struct {
	Name, Rate, Faults, Median, High, Highest, Total string

	// Path and Peak are its calls a second in the last hour, and the most of them.
	Path, Peak string
}

// Fault is a type of faults.
type Fault struct {
	Type, Rate, Total string
}

// Tier is how often a tier had what it was asked for.
type Tier struct {
	Name, Share, Rate, Note string
}

// view builds the state of a moment.
type view struct {
	self    Instance
	started time.Time
	now     *reading
	window  window
	known   bool // there is a window
	indexes []index.ServerState
}

// state returns the state of the last sample; ok is false before the first one.
func (s *sampler) state(self Instance, started time.Time) (state State, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.readings.last()
	if now == nil {
		return State{}, false
	}
	v := view{self: self, started: started, now: now, known: s.readings.len() > 1}
	if v.known {
		v.window = between(s.readings.at(0), now)
	}
	if s.sources.Indexes != nil {
		v.indexes = s.sources.Indexes()
	}
	state = State{
		Time: clock(now.at), Boot: started.UTC().Format(time.RFC3339Nano), Self: self,
		Started: moment(started), Age: age(now.at.Sub(started)), Window: v.windowText(), Calls: v.calls(),
		InFlight:   number(greatest(now.metrics, "requests_in_flight")),
		Operations: v.operations(&s.points), Faults: v.faults(), Tiers: v.tiers(&s.servers),
		Servers: s.servers.view(now), Streams: v.streams(), Indexed: len(v.indexes) > 0,
		Shared: s.sources.Neighbours != nil, Replicators: replicators(s.neighbours, now.at),
	}
	state.Instances, state.Differs = peers(self, s.neighbours, now.at)
	_, all := s.servers.answering()
	has := features{
		nearCache: now.nearHits.known, follows: len(find(now.metrics, "watch_lag_seconds")) > 0,
		servers: all > 0, serverCount: all, replication: len(state.Replicators) > 0,
	}
	for _, plan := range chartPlans(has) {
		state.Charts = append(state.Charts, plan.chart(&s.points, started, now.at))
	}
	return state, true
}

func (v view) windowText() string {
	if !v.known {
		return "since the first sample"
	}
	return "last " + age(time.Duration(math.Round(v.window.elapsed))*time.Second)
}

func (v view) calls() string {
	if !v.known {
		return unknown
	}
	calls, _, _ := v.window.all()
	return rate(calls)
}

// operations returns the operations that were called since the start, those that are
// called most first.
func (v view) operations(points *ring[point]) []Operation {
	type counted struct {
		Operation

		rate  float64
		total int64
	}
	var called []counted
	for i, op := range v.now.counts.Operations {
		if op.Requests == 0 {
			continue
		}
		one := counted{Operation: Operation{
			Name: op.Name, Rate: unknown, Faults: unknown, Median: unknown, High: unknown, Highest: unknown, Total: number(float64(op.Requests)),
		}, total: op.Requests}
		if v.known {
			before := &v.window.from.counts.Operations[i]
			one.rate = v.window.perSecond(before.Requests, op.Requests)
			one.Rate, one.Faults = rate(one.rate), rate(v.window.perSecond(before.Faults, op.Faults))
			durations := op.Durations.Since(&before.Durations)
			one.Median, one.High, one.Highest = quantiles(&durations)
		}
		one.Path, one.Peak = v.hourOf(i, points)
		called = append(called, one)
	}
	slices.SortStableFunc(called, func(a, b counted) int {
		if a.rate != b.rate {
			return compareDescending(a.rate, b.rate)
		}
		return compareDescending(float64(a.total), float64(b.total))
	})
	operations := make([]Operation, len(called))
	for i, one := range called {
		operations[i] = one.Operation
	}
	return operations
}

// operationGroup is how many columns are one point in the small charts of the operations:
// a minute.
const operationGroup = 4

// hourOf returns the path of the calls a second of an operation in the last hour, and the
// most of them.
func (v view) hourOf(operation int, points *ring[point]) (path, peak string) {
	c := curveBy(points, func(p *point) float32 {
		if p.rates == nil {
			return float32(math.NaN())
		}
		return p.rates[operation]
	}, false, v.now.at)
	highest := c.worst(0, columns, false)
	return c.path(roundUp(highest), operationGroup, false), rate(highest)
}

func compareDescending(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// quantiles returns the durations that 50, 95 and 99 of 100 calls did not exceed.
func quantiles(durations *metric.Counts) (median, high, highest string) {
	return duration(quantile(durations, 0.5)), duration(quantile(durations, 0.95)), duration(quantile(durations, 0.99))
}

// faults returns the types of faults that there were since the start.
func (v view) faults() []Fault {
	var faults []Fault
	for _, name := range slices.Sorted(maps.Keys(v.now.counts.Faults)) {
		total := v.now.counts.Faults[name]
		if total == 0 {
			continue
		}
		one := Fault{Type: name, Rate: unknown, Total: number(float64(total))}
		if v.known {
			one.Rate = rate(v.window.perSecond(v.window.from.counts.Faults[name], total))
		}
		faults = append(faults, one)
	}
	return faults
}

// tiers returns how often each tier had what it was asked for.
func (v view) tiers(servers *servers) []Tier {
	tiers := []Tier{{Name: "sessions asked for", Share: unknown, Rate: unknown, Note: "calls of this instance"}}
	if v.known {
		c, b := &v.now.counts, &v.window.from.counts
		tiers[0].Share = percent(v.window.sessionHits())
		tiers[0].Rate = rate(v.window.perSecond(b.Hits+b.Misses, c.Hits+c.Misses))
	}
	if v.now.nearHits.known {
		one := Tier{Name: "near cache", Share: unknown, Rate: unknown, Note: "reads of this instance"}
		if v.known {
			n, b := v.now.nearHits, v.window.from.nearHits
			one.Share, one.Rate = percent(v.window.nearHits()), rate((n.hits+n.others-b.hits-b.others)/v.window.elapsed)
		}
		tiers = append(tiers, one)
	}
	return append(tiers, servers.tiers()...)
}

// tiers returns how often the servers of each tier had what all their clients asked for.
func (s *servers) tiers() []Tier {
	type sum struct{ hits, misses, perSecond float64 }
	sums := map[string]*sum{}
	var order []string
	for _, at := range s.order {
		if sums[at.tier] == nil {
			sums[at.tier] = new(sum)
			order = append(order, at.tier)
		}
		from, to, ok := s.byPlace[at].window()
		if elapsed := to.at.Sub(from.at).Seconds(); ok && elapsed > 0 && !math.IsNaN(to.hits+to.misses) {
			total := sums[at.tier]
			total.hits += to.hits - from.hits
			total.misses += to.misses - from.misses
			total.perSecond += (to.hits + to.misses - from.hits - from.misses) / elapsed
		}
	}
	var tiers []Tier
	for _, tier := range order {
		total := sums[tier]
		tiers = append(tiers, Tier{
			Name: "servers of the " + tierName(tier), Share: percent(share(total.hits, total.misses)), Rate: rate(total.perSecond),
			Note: "reads of all programs, of items of every kind",
		})
	}
	return tiers
}

// tierName returns what a page calls a tier.
func tierName(tier string) string {
	switch tier {
	case "principal":
		return "origin"
	case "local":
		return "near cache"
	}
	return tier
}
