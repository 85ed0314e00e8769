package httpd

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// update takes over the state of a connection in net/http. A connection becomes
// active when the head of a request has arrived.
func (c *conn) update(state http.ConnState) {
	switch state {
	case http.StateActive:
		c.sent.reset()
		c.enter(busy)
	case http.StateIdle:
		c.enter(waiting)
	case http.StateClosed, http.StateHijacked:
		c.listener.remove(c)
		c.forgetHead()
	case http.StateNew:
	}
}

// watch interrupts slow connections of the listeners until stop is called.
func (s *Server) watch(ctx context.Context, listeners []net.Listener) (stop func()) {
	var own []*listener
	var secure []*secureListener
	for _, l := range listeners {
		if l := ownListener(l); l != nil {
			own = append(own, l)
		}
		if l, ok := l.(*secureListener); ok {
			secure = append(secure, l)
		}
	}
	s.own.Store(&own)
	s.secure.Store(&secure)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				for _, l := range own {
					l.interruptSlow(now)
				}
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// connectionMetrics returns the metrics of the connections.
func (s *Server) connectionMetrics() []metric.Metric {
	var displaced, rejected, slow int64
	if own := s.own.Load(); own != nil {
		for _, l := range *own {
			displaced += l.displaced.Load()
			rejected += l.rejected.Load()
			slow += l.slowed.Load()
		}
	}
	counter := func(name, help string, n int64) metric.Metric {
		return metric.Metric{Name: name, Help: help, Kind: metric.KindCounter, Value: float64(n)}
	}
	return []metric.Metric{
		counter("displaced_connections_total", "Connections without a request that were closed to make room for new ones.", displaced),
		counter("rejected_connections_total", "New connections that were closed because their client had too many.", rejected),
		counter("slow_connections_total", "Requests and answers that were interrupted because the peer was too slow.", slow),
	}
}
