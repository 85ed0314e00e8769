package httpd

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/metric"
)

// Limits are the bounds of the connections of one listener. A field that is 0 means
// no bound.
type Limits struct {
	Connections int // open at a time
	PerClient   int // of one client, by its address; of IPv6 by its network of 64 bits
	// Proxies are the addresses for which PerClient does not count: they have the
	// connections of many clients.
	Proxies []netip.Prefix
	// Rate is the least rate in bytes a second at which a peer must bring a request
	// and take an answer, after a few seconds.
	Rate int64
}

const (
	// patience is how long a peer may bring and take nothing.
	patience = 5 * time.Second
	// watchEvery is how often the connections of slow peers are looked for.
	watchEvery = time.Second
	// maxHeads is how many bytes the heads that are being received may have together.
	// Beyond it, those with more than headShare are refused.
	maxHeads  = 32 << 20
	headShare = 4 << 10
)

var errTooManyHeads = errors.New("httpd: the heads of the requests are too long together")

// listener is a listener with bounds for its connections. It can stop accepting
// before it is closed.
type listener struct {
	net.Listener

	limits Limits
	secure bool         // its connections are for TLS
	shared bool         // another process has the socket, too
	heads  atomic.Int64 // bytes of the heads that are being received

	mu      sync.Mutex
	conns   map[*conn]struct{}
	clients map[netip.Prefix]int
	waiting queue         // connections without a request, the longest first
	room    chan struct{} // gets a token when a connection closes or begins to wait
	closed  chan struct{}

	closeOnce                   sync.Once
	displaced, rejected, slowed metric.Counter
}

func newListener(inner net.Listener, limits Limits) *listener {
	return &listener{
		Listener: inner, limits: limits, conns: map[*conn]struct{}{}, clients: map[netip.Prefix]int{},
		room: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// Accept implements [net.Listener]. When the listener is full, the connection that
// has been without a request for the longest time makes room for the new one.
func (l *listener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // net/http looks at it
		}
		c := &conn{Conn: accepted, listener: l, client: l.clientOf(accepted.RemoteAddr())}
		c.peer, c.unix = peerOf(accepted.RemoteAddr().String())
		c.peerText = c.peer.String()
		if l.secure {
			c.phase.Store(int32(handshaking))
		}
		for {
			displaced, added := l.add(c)
			if displaced != nil {
				_ = displaced.Close() // net/http notices it
				continue
			}
			if added {
				return c, nil
			}
			if l.exceeds(c) {
				l.rejected.Inc()
				_ = accepted.Close() // the client has opened too many
				break
			}
			select {
			case <-l.room:
			case <-l.closed:
				_ = accepted.Close() // nobody serves it
				return nil, net.ErrClosed
			}
		}
	}
}

// add adds a connection if there is room. Otherwise it returns the connection that
// should be closed first, if there is one.
func (l *listener) add(c *conn) (displaced *conn, added bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	tooMany := l.limits.PerClient > 0 && c.client.IsValid() && l.clients[c.client] >= l.limits.PerClient
	full := l.limits.Connections > 0 && len(l.conns) >= l.limits.Connections
	for waits := l.waiting.first; (tooMany || full) && waits != nil; waits = waits.place.after {
		if !tooMany || waits.client == c.client {
			l.displaced.Inc()
			return waits, false
		}
	}
	if tooMany || full {
		return nil, false
	}
	l.conns[c] = struct{}{}
	if c.client.IsValid() {
		l.clients[c.client]++
	}
	l.waiting.push(c)
	return nil, true
}

// exceeds reports whether the client of a connection has too many already.
func (l *listener) exceeds(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.limits.PerClient > 0 && c.client.IsValid() && l.clients[c.client] >= l.limits.PerClient
}

// clientOf returns whom a connection counts for: nobody for a proxy and for a unix
// socket, whose peer is on this machine.
func (l *listener) clientOf(addr net.Addr) netip.Prefix {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	for _, proxy := range l.limits.Proxies {
		if proxy.Contains(ip) {
			return netip.Prefix{}
		}
	}
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64 // a host has as many addresses as it likes
	}
	client, err := ip.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // cannot be: the address is valid
	}
	return client
}

// occupy notes that a connection has a request.
func (l *listener) occupy(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting.remove(c)
}

// leaveWaiting notes that a connection waits for a request.
func (l *listener) leaveWaiting(c *conn) {
	l.mu.Lock()
	if _, open := l.conns[c]; open {
		l.waiting.push(c)
	}
	l.mu.Unlock()
	l.signal()
}

// remove notes that a connection is closed.
func (l *listener) remove(c *conn) {
	l.mu.Lock()
	_, open := l.conns[c]
	if open {
		delete(l.conns, c)
		l.waiting.remove(c)
		if l.clients[c.client]--; l.clients[c.client] <= 0 {
			delete(l.clients, c.client)
		}
		c.forgetHead()
	}
	l.mu.Unlock()
	l.signal()
}

// signal wakes an Accept that waits for room.
func (l *listener) signal() {
	select {
	case l.room <- struct{}{}:
	default:
	}
}

// Close implements [net.Listener].
func (l *listener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return l.Listener.Close() //nolint:wrapcheck // Serve looks at it
}

// interruptSlow interrupts the connections of peers that are too slow.
func (l *listener) interruptSlow(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if c.isSlow(now, l.limits.Rate) {
			l.slowed.Inc()
			_ = c.interrupt() // fails only if it is closed
		}
	}
}
