package backend_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/backend"
)

func TestKeyHash(t *testing.T) {
	t.Parallel()
	hash := backend.KeyHash("abc")
	assert.Equal(t, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", hash, "the SHA-256 of FIPS 180-2")
	assert.Len(t, hash, backend.KeyHashLength)
	assert.NoError(t, backend.CheckKey(hash))
	assert.True(t, backend.IsKeyHash(hash))
	for _, text := range []string{"", "abc", hash + "A", hash[1:], strings.Repeat("+", backend.KeyHashLength), strings.Repeat("_", backend.KeyHashLength)} {
		assert.False(t, backend.IsKeyHash(text), text)
	}
}
