package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/metric"
)

// Options say where the list is and how to ask for it. Zero fields have their
// defaults; Place has none.
type Options struct {
	// Place is "cfg:HOST:PORT", a configuration endpoint, or "srv:NAME", the name of
	// SRV records. With "tls:" behind the first colon the servers, and the endpoint,
	// speak TLS.
	Place string
	// Connector makes the connections to a configuration endpoint.
	Connector *connect.Connector
	// Resolver asks DNS; the default is that of the system.
	Resolver *net.Resolver
	// Timeout bounds one question.
	Timeout time.Duration
	// Wait bounds how long [Discovery.Take] asks until it is answered.
	Wait time.Duration
	// Interval is the time from one question to the next.
	Interval time.Duration
	// Logger logs failures, and changes of the list; nil logs nothing.
	Logger *slog.Logger
}

// Defaults of [Options].
const (
	DefaultTimeout  = 5 * time.Second
	DefaultWait     = 30 * time.Second
	DefaultInterval = time.Minute
)

// list is the list of servers at one time.
type list struct {
	version int64    // from the endpoint; 0 for DNS
	servers []string // as in a configured list of servers
}

// source is where a list is.
type source interface {
	ask(ctx context.Context) (list, error)
}

// Discovery is the list of servers of a pool.
type Discovery struct {
	options Options
	source  source
	logger  *slog.Logger
	taken   list

	failures metric.Counter
	mu       sync.Mutex
	seen     int64  // the highest version
	change   string // how the list has changed, or ""

	stop    context.CancelFunc
	running sync.WaitGroup
}

// The beginnings of places.
const (
	endpointPrefix = "cfg:"
	recordsPrefix  = "srv:"
	tlsPrefix      = "tls:"
)

// IsPlace says whether an element of a list of servers names a place where the list
// is, instead of a server.
func IsPlace(text string) bool {
	return strings.HasPrefix(text, endpointPrefix) || strings.HasPrefix(text, recordsPrefix)
}

// IsSecured says whether the servers that a place names speak TLS.
func IsSecured(place string) bool {
	return IsPlace(place) && strings.HasPrefix(place[len(endpointPrefix):], tlsPrefix)
}

// New makes a Discovery. It asks nobody yet.
func New(o Options) (*Discovery, error) {
	o.Timeout, o.Wait, o.Interval = cmp.Or(o.Timeout, DefaultTimeout), cmp.Or(o.Wait, DefaultWait), cmp.Or(o.Interval, DefaultInterval)
	d := &Discovery{options: o, logger: cmp.Or(o.Logger, slog.New(slog.DiscardHandler)), stop: func() {}}
	var err error
	switch {
	case strings.HasPrefix(o.Place, endpointPrefix):
		d.source, err = newEndpoint(strings.TrimPrefix(o.Place, endpointPrefix), o.Connector)
	case strings.HasPrefix(o.Place, recordsPrefix):
		d.source, err = newRecords(strings.TrimPrefix(o.Place, recordsPrefix), cmp.Or(o.Resolver, net.DefaultResolver))
	default:
		err = errors.New("use cfg:HOST:PORT or srv:NAME")
	}
	if err != nil {
		return nil, fmt.Errorf("discovery of servers: %q: %w", o.Place, err)
	}
	return d, nil
}

// firstPause is the pause behind the first question that is not answered. Each
// further one is twice as long, up to longestPause.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// Take asks for the list until it is answered, and returns the servers. It fails when
// there is no answer for too long, or when ctx ends.
func (d *Discovery) Take(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Wait)
	defer cancel()
	logged := ""
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		taken, err := d.ask(ctx)
		if err == nil {
			d.taken, d.seen = taken, taken.version
			d.logger.Info("the list of servers was taken", "from", d.options.Place, "version", taken.version, "servers", taken.servers)
			return slices.Clone(taken.servers), nil
		}
		if text := err.Error(); text != logged && ctx.Err() == nil { // each reason once
			logged = text
			d.logger.Warn("the list of servers is not known: trying again", "from", d.options.Place, "at_most", d.options.Wait.String(), "error", err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, fmt.Errorf("discovery of servers: %s does not tell its list: %w", d.options.Place, err)
		}
	}
}

func (d *Discovery) ask(ctx context.Context) (list, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Timeout)
	defer cancel()
	l, err := d.source.ask(ctx)
	if err == nil && len(l.servers) == 0 {
		err = errEmpty
	}
	return l, err
}

var errEmpty = errors.New("the list has no servers")

// Watch looks at the list from time to time, until Close. [Discovery.Take] must have
// returned it.
func (d *Discovery) Watch() {
	var ctx context.Context
	ctx, d.stop = context.WithCancel(context.Background())
	d.running.Go(func() {
		failing := false
		for {
			select {
			case <-time.After(d.options.Interval):
			case <-ctx.Done():
				return
			}
			now, err := d.ask(ctx)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				d.failures.Inc()
				if !failing {
					d.logger.Warn("could not look at the list of servers", "from", d.options.Place, "error", err)
				}
			default:
				d.compare(now)
			}
			failing = err != nil
		}
	})
}

// Close ends the looking.
func (d *Discovery) Close() {
	d.stop()
	d.running.Wait()
}

// compare announces how a list differs from the one that was taken. A list with an
// older version than another one was told by a server that lags behind.
func (d *Discovery) compare(now list) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.version < d.seen {
		return
	}
	d.seen = now.version
	change := difference(d.taken.servers, now.servers)
	switch change {
	case d.change:
	case "":
		d.logger.Info("the list of servers is again the one that was taken", "from", d.options.Place, "version", now.version)
	default:
		d.logger.Warn("the list of servers has changed: it is used when the service is restarted, and sessions whose server changes are lost then",
			"from", d.options.Place, "version", now.version, "change", change)
	}
	d.change = change
}

// difference says how a list has changed, or "".
func difference(before, now []string) string {
	if slices.Equal(before, now) {
		return ""
	}
	lacking := func(some, others []string) []string {
		return slices.DeleteFunc(slices.Clone(some), func(s string) bool { return slices.Contains(others, s) })
	}
	var parts []string
	if added := lacking(now, before); len(added) > 0 {
		parts = append(parts, "added "+strings.Join(added, " "))
	}
	if removed := lacking(before, now); len(removed) > 0 {
		parts = append(parts, "removed "+strings.Join(removed, " "))
	}
	if len(parts) == 0 {
		return "another order"
	}
	return strings.Join(parts, ", ")
}

// Change says how the list has changed since it was taken, or "no".
func (d *Discovery) Change() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return cmp.Or(d.change, "no")
}

// Metrics returns whether the list has changed, and how often nobody told it.
func (d *Discovery) Metrics() []metric.Metric {
	return []metric.Metric{
		metric.Switch("discovery_changed", "Whether the list of servers differs from the one that this instance uses.", d.Change() != "no"),
		d.failures.Metric("discovery_failures_total", "Questions for the list of servers that were not answered."),
	}
}
