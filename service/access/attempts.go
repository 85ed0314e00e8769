package access

import (
	"container/list"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// The bounds of guessing. A client, which is an address or a network of IPv6, may guess
// freeGuesses passwords of a name; each further one delays the next by twice the time,
// up to longestDelay. After forgetAfter without a guess the count begins again.
const (
	freeGuesses   = 10
	firstDelay    = time.Second
	longestDelay  = time.Minute
	forgetAfter   = 15 * time.Minute
	maxClients    = 4096 // whose guesses are counted; the one that was quiet for longest gives way
	maxNames      = 16   // of one client; the guesses of all further names count together
	maxRemembered = 4    // wrong passwords of one name
)

// guess is a password that a client sends.
type guess struct {
	client     netip.Prefix // zero for the peers on unix sockets
	name, text digest       // of the name, and of the name with the password
}

// clientOf returns whose guesses are counted together: a host of IPv6 has a network of
// 64 bits.
func clientOf(from Sent) netip.Prefix {
	if from.Unix {
		return netip.Prefix{}
	}
	addr := from.Address.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	network, _ := addr.Prefix(bits) // it is not longer than the address
	return network
}

// attempts counts the wrong passwords of clients. A wrong password that is repeated
// does not count again: it tells nothing new, and a program with an old password does
// not delay others at its address.
type attempts struct {
	some atomic.Bool // whether a client is known: most of the time there is none

	mu      sync.Mutex
	clients map[netip.Prefix]*list.Element
	order   *list.List // of *client; the one that has guessed last is at the front
}

// client is what is known of the guesses of a client.
type client struct {
	network netip.Prefix
	last    time.Time // of its last guess
	names   map[digest]*guesses
}

// guesses are those of one name.
type guesses struct {
	failures int
	pending  int       // that are being checked
	until    time.Time // when the next one is looked at
	wrong    [maxRemembered]digest
	next     int // index in wrong
}

// forget forgets all clients.
func (a *attempts) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clients, a.order = map[netip.Prefix]*list.Element{}, list.New()
	a.some.Store(false)
}

// find returns the guesses of a name of a client, or nil. The caller holds the lock.
func (a *attempts) find(g guess) *guesses {
	element := a.clients[g.client]
	if element == nil {
		return nil
	}
	c, _ := element.Value.(*client)
	if time.Since(c.last) > forgetAfter {
		a.remove(element)
		return nil
	}
	if known := c.names[g.name]; known != nil {
		return known
	}
	return c.names[digest{}] // of the names that are too many; nil if there are none
}

// remove forgets a client. The caller holds the lock.
func (a *attempts) remove(element *list.Element) {
	c, _ := a.order.Remove(element).(*client)
	delete(a.clients, c.network)
	a.some.Store(a.order.Len() > 0)
}

// enter returns the guesses of a name of a client, which it adds if it has to. The
// caller holds the lock.
func (a *attempts) enter(g guess) *guesses {
	known := a.find(g)
	element := a.clients[g.client]
	if element == nil {
		if a.order.Len() >= maxClients {
			a.remove(a.order.Back())
		}
		element = a.order.PushFront(&client{network: g.client, names: map[digest]*guesses{}})
		a.clients[g.client] = element
		a.some.Store(true)
	}
	a.order.MoveToFront(element)
	c, _ := element.Value.(*client)
	c.last = time.Now()
	if known == nil {
		known = new(guesses)
		name := g.name
		if len(c.names) >= maxNames {
			name = digest{}
		}
		c.names[name] = known
	}
	return known
}

// look reports whether a guess is known to be wrong, and else how long the client has
// to wait until one is looked at.
func (a *attempts) look(g guess) (repeated bool, wait time.Duration) {
	if !a.some.Load() {
		return false, 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.find(g)
	if known == nil {
		return false, 0
	}
	for _, wrong := range known.wrong {
		if wrong == g.text {
			return true, 0
		}
	}
	return false, max(time.Until(known.until), 0)
}

// begin begins a check, or returns how long the client has to wait. At most as many
// checks of a name run at the same time as are free; later ones run one by one.
func (a *attempts) begin(g guess) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.enter(g)
	if wait := time.Until(known.until); wait > 0 {
		return wait
	}
	if known.pending > 0 && known.failures+known.pending >= freeGuesses {
		return firstDelay
	}
	known.pending++
	return 0
}

// end ends a check. The caller holds the lock.
func (a *attempts) end(g guess) *guesses {
	known := a.enter(g)
	known.pending = max(known.pending-1, 0) // it may have been forgotten meanwhile
	return known
}

// cancel ends a check without a result.
func (a *attempts) cancel(g guess) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.end(g)
}

// fail ends a check whose password was wrong.
func (a *attempts) fail(g guess) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.end(g)
	known.wrong[known.next] = g.text
	known.next = (known.next + 1) % maxRemembered
	known.failures++
	if over := known.failures - freeGuesses; over >= 0 {
		delay := longestDelay
		if over < 6 { // 1, 2, 4 to 32 seconds
			delay = firstDelay << over
		}
		known.until = time.Now().Add(delay)
	}
}

// succeed ends a check whose password was right: the guesses of the name are
// forgotten.
func (a *attempts) succeed(g guess) {
	if !a.some.Load() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	element := a.clients[g.client]
	if element == nil {
		return
	}
	c, _ := element.Value.(*client)
	delete(c.names, g.name)
	if len(c.names) == 0 {
		a.remove(element)
	}
}
