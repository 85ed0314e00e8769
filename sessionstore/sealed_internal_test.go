package sessionstore

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/backend"
)

// A small session that was compressed before it was encrypted may be a large one.
func TestCompressedSealedSessionsAreLarge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		item  backend.Item
		large bool
	}{
		{backend.Item{Image: []byte{sealedMark, storableFlag, 1}, Flags: sealedFlags}, false},
		{backend.Item{Image: []byte{sealedMark, storableFlag | gzipFlag, 1}, Flags: sealedFlags}, true},
		{backend.Item{Image: []byte{sealedMark, gzipFlag, 1}, Flags: sealedFlags | chosenIDFlag}, true},
		{backend.Item{Image: []byte{sealedMark}, Flags: sealedFlags}, false},
		{backend.Item{Image: []byte{5, gzipFlag}, Flags: storableFlag}, false},
		{backend.Item{Image: make([]byte, largeImage+1), Flags: sealedFlags}, true},
	} {
		slots := make(largeReads, 1)
		leave := slots.enter(tt.item)
		assert.Equal(t, tt.large, len(slots) == 1, "%v", tt.item)
		leave()
		assert.Empty(t, slots)
	}
}
