package changes

import (
	"context"
	"crypto/rand"
	"errors"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// MaxRelays is how many instances watch the servers of a pool: a server takes 20
// watchers, and four places are left for others.
const MaxRelays = 16

const (
	leaseKeys = backend.ReservedKeys + "changes:"
	// leaseLife is how long the lease of an instance that has died keeps others from
	// taking its place. Its readers do not wait for that.
	leaseLife = 5 * time.Second
	// maxLeaseBytes bounds the leases that are read together.
	maxLeaseBytes = 64 << 10
)

// relay is what a lease says of its holder.
type relay struct {
	url         string
	pool, index string // their identities
	connected   int    // to how many servers its streams are connected
}

// note returns the note of the lease.
//
//	https://sessions1.example.com:8443 8f3a… 51c0… 2
func (r relay) note() string {
	return strings.Join([]string{r.url, r.pool, r.index, strconv.Itoa(r.connected)}, " ")
}

func parseNote(note string) (r relay, ok bool) {
	fields := strings.Fields(note)
	if len(fields) != 4 {
		return r, false // of another version of the program
	}
	connected, err := strconv.Atoi(fields[3])
	return relay{url: fields[0], pool: fields[1], index: fields[2], connected: connected}, err == nil
}

// places are the leases of a pool. They are on different servers if there are several:
// one server that is down does not keep an instance from finding a relay. It belongs to
// one goroutine.
type places struct {
	pool   backend.Pool
	holder string
	leases []backend.Lease
	slot   int          // of the lease that this instance holds; -1 if none
	free   map[int]bool // those that were free at the last look
}

func newPlaces(pool backend.Pool, count int) *places {
	p := &places{pool: pool, holder: rand.Text(), slot: -1}
	for slot := range count {
		key := backend.KeyOn(pool, slot%len(pool.Servers()), leaseKeys+strconv.Itoa(slot)+":")
		p.leases = append(p.leases, backend.Lease{Backend: pool, Key: key, Holder: p.holder, Life: leaseLife})
	}
	return p
}

// renew renews the lease, and returns false if this instance holds none any more. While
// the server of the lease does not answer, nobody else can take it.
func (p *places) renew(ctx context.Context, note string) bool {
	if p.slot < 0 {
		return false
	}
	held, err := p.leases[p.slot].Hold(ctx, note)
	if err == nil && !held {
		p.slot = -1
	}
	return p.slot >= 0
}

// take takes one of the leases, if it is free, and says whether it did.
func (p *places) take(ctx context.Context, slots []int, note string) bool {
	slots = slices.Clone(slots)
	mathrand.Shuffle(len(slots), func(i, j int) { slots[i], slots[j] = slots[j], slots[i] }) //nolint:gosec // no secret; others do so, too
	for _, slot := range slots {
		if held, err := p.leases[slot].Hold(ctx, note); err == nil && held {
			p.slot = slot
			return true
		}
	}
	return false
}

// release lets another instance have the lease.
func (p *places) release(ctx context.Context) {
	if p.slot >= 0 {
		p.leases[p.slot].Release(ctx, 0)
		p.slot = -1
	}
}

// look reads all leases. It returns the relays, and the leases that are free: now, and
// those that were so at the look before, too. A relay whose server has lost its lease
// takes it again between the two.
func (p *places) look(ctx context.Context) (relays []relay, free, long []int) {
	byServer := make(map[int][]int)
	for slot, lease := range p.leases {
		server := p.pool.ServerOf(lease.Key)
		byServer[server] = append(byServer[server], slot)
	}
	var mu sync.Mutex
	var reads sync.WaitGroup
	for _, slots := range byServer {
		reads.Go(func() {
			keys := make([]string, len(slots))
			for i, slot := range slots {
				keys[i] = p.leases[slot].Key
			}
			items, err := p.pool.GetMany(ctx, keys, maxLeaseBytes)
			if err != nil {
				return // the server is down, or somebody stores long items here
			}
			mu.Lock()
			defer mu.Unlock()
			for i, slot := range slots {
				item, taken := items[keys[i]]
				holder, note := backend.ParseLease(item)
				r, ok := parseNote(note)
				switch {
				case !taken || holder == "":
					free = append(free, slot)
				case ok && holder != p.holder:
					relays = append(relays, r)
				}
			}
		})
	}
	reads.Wait()
	seen := make(map[int]bool, len(free))
	for _, slot := range free {
		seen[slot] = true
		if p.free[slot] {
			long = append(long, slot)
		}
	}
	p.free = seen
	return relays, free, long
}

var errNoRelay = errors.New("changes: no other instance watches the servers")
