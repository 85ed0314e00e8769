package watch

import (
	"bytes"
	"strconv"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

// event is one line of a server's change stream.
type event struct {
	key []byte // with the key prefix; nil if the line reports no change
	// plain says that the item was stored by a command that a Backend uses,
	// too. All else that happens to an item was done by others, or has removed
	// it.
	plain   bool
	change  backend.ItemChange
	skipped int64 // how many lines the server has left out before this one
}

// parseEvent reads a line that memcached writes to a watcher of mutations,
// evictions and deletions (logger.c of memcached 1.6), such as
//
//	ts=1795372681.81612 gid=2 type=item_store key=k1 status=stored cmd=set ttl=100 clsid=1 cfd=25 size=3
//	ts=1795374051.347503 gid=105 type=deleted key=a cmd=delete clsid=1 size=1
//	ts=1795374101.402819 gid=2 type=eviction key=b fetch=no ttl=300 la=0 clsid=14 size=1500
//	skipped=9965
//
// Other types report no change and are passed over, such as extwrite of a server
// that moves items to a disk (extstore). The key shares the line's memory. ok is
// false if the line is not understood.
func parseEvent(line []byte) (e event, ok bool) {
	var kind, status, cmd string
	ended := false
	for token := range bytes.FieldsSeq(line) {
		name, value, found := bytes.Cut(token, []byte("="))
		if !found {
			return event{}, false
		}
		switch string(name) {
		case "type":
			if kind = eventWord(value); kind == "" && len(value) > 0 {
				return event{}, true
			}
		case "status":
			status = eventWord(value)
		case "cmd":
			cmd = eventWord(value)
		case "ttl":
			ended = isNegative(value)
		case "key":
			e.key = protocol.Unescape(value)
		case "skipped":
			n, err := strconv.ParseInt(string(value), 10, 64)
			return event{skipped: n}, err == nil && n > 0
		}
	}
	switch {
	case kind == "" || e.key == nil:
		return event{}, false
	case kind == "item_store" && status == "":
		// A rejected command changes nothing, unless the item was too large or
		// there was no memory: then a set has removed the item that was there.
		return event{}, true
	}
	switch {
	case kind == "eviction", status == "no memory":
		e.change = backend.Evicted
	case kind == "deleted", ended && status == "stored":
		e.change = backend.Removed
	}
	e.plain = kind == "item_store" && status == "stored" && cmd != ""
	return e, true
}

// eventWord returns the word if it matters, or its kind, else "".
func eventWord(word []byte) string {
	switch string(word) {
	case "item_store":
		return "item_store"
	case "deleted":
		return "deleted"
	case "eviction":
		return "eviction"
	case "stored":
		return "stored"
	case "too_large":
		return "removed"
	case "no_memory":
		return "no memory"
	case "add", "cas", "append":
		return "ours"
	}
	return ""
}

// isNegative says whether a time to live, which a server writes without a sign, is
// negative: the item has expired when it was stored.
func isNegative(ttl []byte) bool {
	const digits = len("2147483648")
	return len(ttl) >= digits && (len(ttl) > digits || string(ttl) >= "2147483648") || len(ttl) > 0 && ttl[0] == '-'
}
