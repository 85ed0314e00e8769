package service

import (
	"cmp"
	"slices"
	"sync"

	"memcachedsoap/service/access"
)

// maxCallers is how many callers are counted one by one, so that a long auth file does
// not make as many metrics.
const maxCallers = 100

// otherCaller is the name under which the calls of further callers are counted. No
// caller can have it.
const otherCaller = "_other"

// callerCounters counts the calls of each caller. Its zero value is ready for use.
type callerCounters struct {
	mu     sync.Mutex
	counts map[CallerCalls]int64 // the Calls of a key are 0
	names  map[string]struct{}   // of the callers that are counted one by one
}

// CallerCalls is what was counted of a caller's operations of one class.
type CallerCalls struct {
	Caller string // its name in the auth file, or "_other"
	// Class is the role that the operations need: "read", "write", "delete", "find" or
	// "stats", or "status" for the operation that needs none.
	Class string
	Calls int64
}

// countCaller counts a call of an operation that needs roles, if it has a caller.
func (c *Counters) countCaller(caller *access.Caller, roles access.Role) {
	if caller == nil {
		return
	}
	k := CallerCalls{Caller: caller.Name, Class: classOf(roles)}
	counts := &c.callers
	counts.mu.Lock()
	defer counts.mu.Unlock()
	if _, known := counts.names[caller.Name]; !known {
		if counts.names == nil {
			counts.names = map[string]struct{}{}
		}
		if len(counts.names) < maxCallers {
			counts.names[caller.Name] = struct{}{}
		} else {
			k.Caller = otherCaller
		}
	}
	if counts.counts == nil {
		counts.counts = map[CallerCalls]int64{}
	}
	counts.counts[k]++
}

// classOf names the class of operations that need roles. One that needs several is of the
// class of the strongest.
func classOf(roles access.Role) string {
	if roles == 0 {
		return "status"
	}
	for _, strongest := range []access.Role{access.Delete, access.Write, access.Find} {
		if roles.Has(strongest) {
			return strongest.String()
		}
	}
	return roles.String()
}

// snapshot returns what was counted, in order.
func (c *callerCounters) snapshot() []CallerCalls {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]CallerCalls, 0, len(c.counts))
	for k, n := range c.counts {
		k.Calls = n
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b CallerCalls) int {
		return cmp.Or(cmp.Compare(a.Caller, b.Caller), cmp.Compare(a.Class, b.Class))
	})
	return all
}
