package admission

import (
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	"memcachedsoap/sessionstore/metric"
)

// The errors of a request that is rejected.
var (
	// ErrOverloaded says that the requests in flight have reached a bound. The same
	// request may succeed later.
	ErrOverloaded = errors.New("admission: the requests in flight have reached a bound")
	// ErrTooLarge says that the request needs more memory than one request may use.
	ErrTooLarge = errors.New("admission: the request needs more memory than one may use")
)

// The defaults of [Options].
const (
	DefaultMemory   = 512 << 20
	DefaultRequests = 512
	DefaultWait     = time.Second
)

// DefaultRequest is the default of [Options.Request].
const DefaultRequest = 64 << 20

// Free is the size in bytes up to which the body of a request, and up to which its
// answer, takes nothing from the budget: the number of connections bounds these. So
// slow peers with large bodies do not stop common calls.
const Free = 16 << 10

// Options are the settings of a [Controller]. A field that is 0 means its default.
type Options struct {
	Memory   int64         // budget of all requests in flight in bytes
	Request  int64         // most bytes of one request
	Requests int           // most requests that are worked on
	Wait     time.Duration // for memory, before a request is rejected
}

// Controller admits requests. All methods may be called from any goroutine.
type Controller struct {
	memory  int64
	request int64
	wait    time.Duration

	slots   chan struct{} // has a token for each request that is worked on
	waiters chan struct{} // has a token for each that waits for memory while it is worked on

	bodies  pool // bodies that are or were received
	small   pool // what requests are worked on with, up to smallest each
	large   pool // the same for larger ones
	answers pool // answers that are being sent

	mostSmall  int64 // greatest use of a request that draws from small
	leastLarge int64 // least that a request draws from large

	overloaded, tooLarge metric.Counter
}

// pool is a part of the budget.
type pool struct {
	*semaphore.Weighted

	size int64
	used metric.Gauge
}

// New returns a controller.
func New(o Options) *Controller {
	o.Memory = orDefault(o.Memory, DefaultMemory)
	o.Requests = orDefault(o.Requests, DefaultRequests)
	c := &Controller{
		memory: o.Memory, request: orDefault(o.Request, DefaultRequest), wait: orDefault(o.Wait, DefaultWait),
		slots: make(chan struct{}, o.Requests), waiters: make(chan struct{}, max(o.Requests/4, 1)),
		mostSmall: o.Memory / 512, leastLarge: o.Memory / 64,
	}
	// The last eighth is for the program, its connections and their buffers.
	for part, eighths := range map[*pool]int64{&c.bodies: 1, &c.small: 2, &c.large: 3, &c.answers: 1} {
		part.size = o.Memory / 8 * eighths
		part.Weighted = semaphore.NewWeighted(part.size)
	}
	return c
}

func orDefault[T int | int64 | time.Duration](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

// InUse returns the bytes that the requests in flight take from the budget.
func (c *Controller) InUse() int64 {
	return c.bodies.used.Load() + c.small.used.Load() + c.large.used.Load() + c.answers.used.Load()
}

// Metrics returns the metrics of the controller. It implements [metric.Source].
func (c *Controller) Metrics() []metric.Metric {
	return []metric.Metric{
		metric.GaugeOf("requests_in_flight", "SOAP requests that are being worked on.", float64(len(c.slots))),
		c.overloaded.Metric("turned_away_requests_total", "Requests rejected with 503 because too many were in flight, or took too much memory together."),
		c.tooLarge.Metric("too_large_requests_total", "Requests that needed more memory than one request may use."),
		metric.GaugeOf("memory_budget_bytes", "Memory that all requests in flight may use.", float64(c.memory)),
		metric.GaugeOf("memory_reserved_bytes", "Memory that the requests in flight have reserved.", float64(c.InUse())),
	}
}
