package memcached

import "memcachedsoap/sessionstore/backend"

// deletedFlags are the client flags of a tombstone: those of a session, and a
// bit that no memcached client uses. The value is empty: Cache::Memcached 1.30
// cannot thaw it and therefore takes it for an absent item.
const deletedFlags = 1 | 1<<30

// clientFlags returns the flags with which an item is stored.
func clientFlags(item backend.Item) uint32 {
	if item.Deleted {
		return deletedFlags
	}
	return item.Flags
}

// withTombstone returns an item as it was read, or as a tombstone if it is one.
func withTombstone(item backend.Item) backend.Item {
	if item.Flags == deletedFlags && len(item.Image) == 0 {
		item.Flags, item.Deleted = 0, true
	}
	return item
}
