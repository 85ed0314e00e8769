package sessionstore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A rare giant must not stay in memory.
func TestPoolKeepsNoGiants(t *testing.T) { //nolint:paralleltest // shares the pool
	for range 100 { // a pool forgets at random under the race detector
		giant := &imageBuffer{bytes: make([]byte, 0, maxPooledImage+1)}
		giant.release()
		require.NotSame(t, giant, imageBuffers.Get())
	}
}
