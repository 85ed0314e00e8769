package live

import (
	"context"
	"math"
	"sync"
	"time"
)

const (
	// sampleEvery is how often the state is sampled.
	sampleEvery = 5 * time.Second
	// windowSamples is how many samples the tables are about: a minute.
	windowSamples = 12
	// askTime bounds one question to all servers. A server that needs longer does not
	// answer.
	askTime = 4 * time.Second
)

// sampler samples the sources. One goroutine owns the questions to memcached, another
// one everything else.
type sampler struct {
	every time.Duration

	mu         sync.Mutex
	sources    Sources
	sequence   int64 // of the last sample
	points     ring[point]
	readings   ring[reading] // of the last minute; only the newest has its metrics
	servers    servers
	neighbours []Neighbour
	taken      chan struct{} // closed with the next sample
}

func newSampler(every time.Duration) *sampler {
	return &sampler{
		every: every, points: newRing[point](int(span / every)), readings: newRing[reading](windowSamples + 1),
		servers: servers{byPlace: map[place]*serverState{}}, taken: make(chan struct{}),
	}
}

// setSources sets the sources. It is called before the first sample.
func (s *sampler) setSources(sources Sources) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sources = sources
}

// run samples until the context ends.
func (s *sampler) run(ctx context.Context) {
	s.mu.Lock()
	sources := s.sources
	s.mu.Unlock()
	var asking sync.WaitGroup
	asking.Go(func() { s.repeat(ctx, func(ctx context.Context) { s.ask(ctx, sources) }) })
	s.repeat(ctx, func(context.Context) { s.sample(sources, time.Now()) })
	asking.Wait()
}

// last returns the number of the last sample.
func (s *sampler) last() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sequence
}

// next returns a channel that is closed with the next sample.
func (s *sampler) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// repeat calls do at once and then regularly until the context ends.
func (s *sampler) repeat(ctx context.Context, do func(context.Context)) {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		do(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// ask asks the servers.
func (s *sampler) ask(ctx context.Context, sources Sources) {
	within, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	began := time.Now()
	standbys := standbysOf(sources.Metrics())
	rows := sources.Servers(within)
	if ctx.Err() != nil {
		return // it is the end of this process that was not answered
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers.take(rows, standbys, began)
}

// sample takes a sample.
func (s *sampler) sample(sources Sources, now time.Time) {
	var neighbours []Neighbour
	if sources.Neighbours != nil {
		neighbours = sources.Neighbours()
	}
	current := read(sources, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.neighbours = neighbours
	p := noPoint(now)
	if before := s.readings.last(); before != nil {
		switch missed, setBack := s.missed(before.at, now); {
		case setBack:
			s.points = newRing[point](s.points.size) // their times are in the future now
			fallthrough
		case missed:
			s.points.add(p) // what was between is not drawn as if it had been sampled
			s.readings = newRing[reading](s.readings.size)
		default:
			w := between(before, &current)
			p.values, p.rates = s.valuesOf(w), w.rates()
			*before = before.withoutMetrics()
			s.points.add(p)
		}
	}
	s.readings.add(current)
	s.sequence++
	close(s.taken)
	s.taken = make(chan struct{})
}

// missed says whether there should have been a sample between two moments, because this
// process has stood still, and whether the clock was set back.
func (s *sampler) missed(before, now time.Time) (missed, setBack bool) {
	steady, shown := now.Sub(before), now.Round(0).Sub(before.Round(0))
	return max(steady, shown) > s.every*5/2, shown < 0
}

// valuesOf returns the values of the series in a window.
func (s *sampler) valuesOf(w window) (values [seriesNumber]float32) {
	calls, faults, durations := w.all()
	alive, all := s.servers.answering()
	for series, value := range map[int]float64{
		callRate: calls, faultRate: faults,
		medianTime: quantile(&durations, 0.5), highTime: quantile(&durations, 0.99),
		sessionHits: w.sessionHits(), nearHits: w.nearHits(),
		staleness: greatest(w.to.metrics, "watch_lag_seconds"),
		answering: unless(all == 0, float64(alive)), waiting: s.waiting(),
	} {
		values[series] = float32(value)
	}
	return values
}

// unless returns a value, or NaN if it is not known.
func unless(unknown bool, value float64) float64 {
	if unknown {
		return math.NaN()
	}
	return value
}

// waiting returns how many changes are to be replicated, as far as a process tells it
// that replicates.
func (s *sampler) waiting() float64 {
	n, found := 0, false
	for _, other := range s.neighbours {
		if r := other.Replication; r != nil && r.Active {
			n, found = n+r.Waiting, true
		}
	}
	return unless(!found, float64(n))
}
