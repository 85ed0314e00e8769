package memcached

import (
	"time"

	"memcachedsoap/sessionstore/backend"
)

// The version of an item ([backend.Version]) is its CAS number where a server lets
// the writer choose that number: memcached 1.6.27 and newer, with the meta flag E.
// Numbers that a server counts by itself are far below those of versions.
//
// Other servers keep a version in the client flags, whose lowest four bits say what
// kind of item it is: the 28 bits above them are a stamp. It counts time in ticks of
// 10 ms, modulo 31 days, so that it says which moment is meant for 15 days. A stamp
// with an odd number of ticks stands for [backend.ChosenIDFlag], which has no bit of
// its own then. Perl clients ignore these bits.
//
// A tombstone is an empty value with the flag of a session: Cache::Memcached 1.30
// cannot thaw it and therefore takes it for an absent item.
const (
	stampShift = 4
	stampBits  = 32 - stampShift
	stampMask  = 1<<stampBits - 1
	tick       = 10 * time.Millisecond
	// tickVersions is how many versions there are in a tick.
	tickVersions = 256 * backend.Version(tick/time.Microsecond)
	// maxStampAge is how far from now a moment may be that a stamp stands for.
	maxStampAge = 15 * 24 * time.Hour

	kindFlags = 1<<stampShift - 1
	// sessionFlag is the lowest bit. Items without it have no stamp.
	sessionFlag = 1
	// Flags that have one of these in the place of a stamp have none: plain flags,
	// and those of a chosen id and of a tombstone in releases without versions.
	noStamp        = 0
	chosenIDMark   = backend.ChosenIDFlag >> stampShift
	tombstoneMark  = 1 << 30 >> stampShift
	stampableFlags = kindFlags | backend.ChosenIDFlag
)

// storedFlags returns the client flags with which an item is stored. stamped says
// that the server keeps versions there. An item whose flags leave no room for a
// stamp loses its version.
func storedFlags(item backend.Item, stamped bool) uint32 {
	flags := item.Flags
	if item.Deleted {
		flags = sessionFlag
	}
	if !stamped || item.Version == 0 || flags&sessionFlag == 0 || flags&^stampableFlags != 0 {
		return flags
	}
	return flags&kindFlags | stampOf(item.Version, flags&backend.ChosenIDFlag != 0)<<stampShift
}

// stampOf returns the first stamp that is not before a version.
func stampOf(v backend.Version, chosenID bool) uint32 {
	ticks := uint64((v + tickVersions - 1) / tickVersions)
	if ticks%2 == 1 != chosenID {
		ticks++
	}
	stamp := uint32(ticks & stampMask)
	if isMark(stamp) {
		stamp += 2
	}
	return stamp
}

// isMark says whether what is in the place of a stamp is none.
func isMark(stamp uint32) bool {
	return stamp == noStamp || stamp == chosenIDMark || stamp == tombstoneMark
}

// versionOf returns the version that a stamp stands for, or 0 if it cannot be known.
func versionOf(stamp uint32, now time.Time) backend.Version {
	present := now.UnixMicro() / int64(tick/time.Microsecond)
	// The difference modulo 2^28, with its sign.
	ahead := int32((stamp-uint32(present))<<stampShift) >> stampShift
	if (time.Duration(ahead) * tick).Abs() > maxStampAge {
		return 0
	}
	return (backend.Version(present+int64(ahead)) * tickVersions).Credible()
}

// meaning returns the flags and the version of an item that a server keeps with
// these client flags and this CAS number.
func meaning(clientFlags uint32, cas uint64, now time.Time) (flags uint32, v backend.Version) {
	v = backend.Version(cas).Credible()
	stamp := clientFlags >> stampShift
	if v != 0 || clientFlags&sessionFlag == 0 || isMark(stamp) {
		return clientFlags, v
	}
	flags = clientFlags & kindFlags
	if stamp%2 == 1 {
		flags |= backend.ChosenIDFlag
	}
	return flags, versionOf(stamp, now)
}

// understood returns an item that was read, with value and client flags, as it was
// stored. One under a reserved key has flags of its own kind and no version.
func understood(item backend.Item, reserved bool, now time.Time) backend.Item {
	item.Deleted = isTombstone(item.Flags, int64(len(item.Image)))
	if reserved && !item.Deleted {
		return item
	}
	item.Flags, item.Version = meaning(item.Flags, item.CAS, now)
	if item.Deleted {
		item.Flags = 0
	}
	return item
}

// isTombstone says whether an item with these client flags and an image of this size
// is a tombstone.
func isTombstone(clientFlags uint32, size int64) bool {
	return clientFlags&kindFlags == sessionFlag && size == 0
}

// understoodHead is to the head of an item what understood is to an item.
func understoodHead(head backend.Head, reserved bool, now time.Time) backend.Head {
	if reserved && !head.Deleted {
		return head
	}
	head.Flags, head.Version = meaning(head.Flags, head.CAS, now)
	if head.Deleted {
		head.Flags = 0
	}
	return head
}
