package access

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNonces(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	var n nonces
	add := func(nonce string, created, now time.Duration) Refusal {
		return n.add("portal", []byte(nonce), noon.Add(created), noon.Add(now))
	}
	assert.Zero(t, add("a", 0, 0))
	assert.Equal(t, Replayed, add("a", 0, 0))
	assert.Equal(t, Replayed, add("a", time.Minute, 0), "a new time does not make the nonce new")
	assert.Zero(t, n.add("cron", []byte("a"), noon, noon), "another caller")
	assert.Zero(t, add("b", -maxAge, 0))
	assert.Zero(t, add("c", maxAhead, 0))
	assert.Equal(t, Expired, add("d", -maxAge-1, 0))
	assert.Equal(t, Expired, add("d", maxAhead+1, 0))
	assert.Zero(t, add("d", 0, 0), "a nonce that was refused is not remembered")
	// As long as the message would be accepted, the nonce is remembered.
	assert.Equal(t, Replayed, add("a", 0, maxAge))
	assert.Equal(t, Expired, add("a", 0, maxAge+1))
	assert.Equal(t, Replayed, add("c", maxAhead, maxAge+maxAhead))
	assert.Zero(t, add("e", 20*time.Minute, 20*time.Minute))
	assert.Equal(t, 1, n.count, "the others are forgotten")
	assert.Len(t, n.sets, 1)
}

// Messages whose nonces are forgotten stay refused when the clock is set back. Then at
// most two minutes pass until new messages are accepted.
func TestNoncesWhenTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, ahead := range []time.Duration{7 * time.Minute, time.Hour, 100_000 * time.Hour} {
		var n nonces
		require.Zero(t, n.add("portal", []byte("a"), noon, noon))
		require.Zero(t, n.add("portal", []byte("b"), noon.Add(ahead), noon.Add(ahead)))
		for elapsed := time.Duration(0); elapsed < maxAge; elapsed += time.Second {
			require.NotZero(t, n.add("portal", []byte("a"), noon, noon.Add(elapsed)), ahead)
		}
		var again nonces
		require.Zero(t, again.add("portal", []byte("b"), noon.Add(ahead), noon.Add(ahead)))
		require.NotZero(t, again.add("portal", []byte("a"), noon, noon), "made before the clock was set")
		later := noon.Add(3 * time.Minute)
		require.Zero(t, again.add("portal", []byte("c"), later, later), ahead)
	}
}

// Nonces beyond the limit are refused, and none is forgotten for them.
func TestTooManyNonces(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	var n nonces
	require.Zero(t, n.add("portal", []byte("old"), noon.Add(-maxAge), noon))
	n.count = maxNonces - 1 // as if there were so many
	require.Zero(t, n.add("portal", []byte("last"), noon, noon))
	assert.Equal(t, TooManyNonces, n.add("portal", []byte("next"), noon, noon))
	assert.Equal(t, Replayed, n.add("portal", []byte("old"), noon, noon))
	assert.Equal(t, Replayed, n.add("portal", []byte("last"), noon, noon))
	later := noon.Add(2 * time.Minute)
	assert.Zero(t, n.add("portal", []byte("next"), later, later), "the old one is forgotten")
	assert.Equal(t, TooManyNonces, n.add("portal", []byte("one more"), later, later))
}

func BenchmarkNonces(b *testing.B) {
	var n nonces
	now, nonce := time.Now(), make([]byte, 16)
	for i := uint64(0); b.Loop(); i++ {
		binary.LittleEndian.PutUint64(nonce, i)
		if n.count == maxNonces {
			n = nonces{}
		}
		if n.add("portal", nonce, now.Add(-time.Duration(i%5)*time.Minute), now) != 0 {
			b.Fatal(i)
		}
	}
}
