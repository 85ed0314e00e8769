package memcached

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/sessionstore/backend"
)

// moments are moments of a run of stamps and around its ends.
func moments(t *rapid.T) time.Time {
	wrap := time.UnixMilli(0).Add(700 * (1 << stampBits) * tick)
	near := rapid.SampledFrom([]time.Time{
		wrap, wrap.Add(chosenIDMark * tick), wrap.Add(tombstoneMark * tick), wrap.Add(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(0, 1<<stampBits-1).Draw(t, "tick")) * tick
		}).Draw(t, "offset")),
	}).Draw(t, "near")
	return near.Add(time.Duration(rapid.Int64Range(-100_000, 100_000).Draw(t, "microseconds")) * time.Microsecond)
}

// What is stored in flags is read again within 15 days: the version rounded up, and the
// flags that it has beside it. A later version stays later.
func TestStampedFlags(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := moments(t)
		v := backend.VersionAt(at) | backend.Version(rapid.Uint8().Draw(t, "node"))
		flags := rapid.SampledFrom([]uint32{1, 3, 9, 15}).Draw(t, "flags") | rapid.SampledFrom([]uint32{0, backend.ChosenIDFlag}).Draw(t, "chosen")
		stored := storedFlags(backend.Item{Flags: flags, Version: v}, true)
		require.Equal(t, flags&kindFlags, stored&kindFlags)
		require.False(t, isMark(stored>>stampShift))
		now := at.Add(time.Duration(rapid.Int64Range(-int64(14*24*time.Hour), int64(14*24*time.Hour)).Draw(t, "age")))
		stamp := stored >> stampShift
		ahead := int32((stamp-uint32(now.UnixMilli()/10))<<stampShift) >> stampShift
		got := backend.Version(now.UnixMilli()/10+int64(ahead)) * tickVersions
		require.GreaterOrEqual(t, got, v)
		require.Less(t, got.Time().Sub(v.Time()), 50*time.Millisecond)
		require.Equal(t, flags&backend.ChosenIDFlag != 0, stamp%2 == 1)

		later := storedFlags(backend.Item{Flags: flags, Version: got + 1}, true) >> stampShift
		difference := int32((later-stamp)<<stampShift) >> stampShift
		require.Positive(t, difference)
	})
}

// A stamp is read as the version at its moment, for 15 days and not a day ahead. The
// flags are known for ever.
func TestAgeOfAStamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := backend.VersionAt(time.Now())
		stored := storedFlags(backend.Item{Flags: 3, Version: v}, true)
		for _, c := range []struct {
			age   time.Duration
			known bool
		}{{0, true}, {time.Hour, true}, {14 * 24 * time.Hour, true}, {16 * 24 * time.Hour, false}, {20 * 24 * time.Hour, false}} {
			time.Sleep(time.Until(v.Time().Add(c.age)))
			flags, got := meaning(stored, 7, time.Now())
			require.EqualValues(t, 3, flags)
			require.Equal(t, c.known, got != 0, c.age)
			if c.known {
				require.GreaterOrEqual(t, got, v)
			}
		}
	})
}

// Flags without a stamp keep what they mean: those of Perl programs, and of releases
// without versions.
func TestFlagsWithoutAStamp(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, flags := range []uint32{0, 1, 2, 3, 9, 1 << 29, 1<<29 | 1, 1<<29 | 9, 1 << 16, 1<<16 | 2} {
		got, v := meaning(flags, 7, now)
		assert.Equal(t, flags, got)
		assert.Zero(t, v)
		item := understood(backend.Item{Flags: flags, Image: []byte("x")}, false, now)
		assert.False(t, item.Deleted)
	}
	former := understood(backend.Item{Flags: 1<<30 | 1, Image: []byte{}, CAS: 7}, false, now)
	assert.Equal(t, backend.Item{Image: []byte{}, CAS: 7, Deleted: true}, former, "a tombstone of 0.1.0")
	for _, flags := range []uint32{0, 2, 1 << 29} {
		assert.Equal(t, flags, storedFlags(backend.Item{Flags: flags, Version: backend.VersionAt(now)}, true), "no room")
	}
	assert.EqualValues(t, 1<<29|1, storedFlags(backend.Item{Flags: 1<<29 | 1, Version: backend.VersionAt(now)}, false))
	assert.EqualValues(t, 1, storedFlags(backend.Tombstone(0), true))
}

// A CAS number is a version only if a clock can have made it. With one, the flags are as
// they were stored.
func TestVersionsInCASNumbers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	flags, v := meaning(1<<29|1, uint64(backend.VersionAt(now)), now)
	assert.EqualValues(t, 1<<29|1, flags)
	assert.Equal(t, backend.VersionAt(now), v)
	for _, cas := range []uint64{0, 1, 1 << 40, 1<<64 - 1, uint64(backend.VersionAt(now.Add(25 * time.Hour)))} {
		_, v := meaning(1, cas, now)
		assert.Zero(t, v, cas)
	}
}

// Of an epoch are the items after its mark, by the number of the server or, if another
// program has chosen the number, by its version.
func TestItemsOfAnEpoch(t *testing.T) {
	t.Parallel()
	now := time.Now()
	m := mark{cas: 100, version: backend.VersionAt(now)}
	for cas, current := range map[uint64]bool{
		99: false, 101: true, // also of Perl programs, beside versions
		uint64(backend.VersionAt(now.Add(-time.Second))): false, uint64(backend.VersionAt(now.Add(time.Second))): true,
	} {
		assert.Equal(t, current, m.precedes(backend.Item{CAS: cas}), cas)
	}
}
