// Package memory is a session store inside this process, for one machine and
// for trying the service out. What it holds ends with the process.
//
// It behaves as one memcached server does: flags, compare-and-swap, a time
// to live per item, a byte bound with eviction of the least recently used,
// and the figures of memcached's stats command under the same names.
//
// It is code of our own because the caches at hand each lack one of three
// things that a session store needs together: expiry of every item at its
// own time, an atomic compare-and-swap, and an exact bound in bytes.
package memory
