package backend_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

func TestOwnWrites(t *testing.T) {
	t.Parallel()
	var w backend.OwnWrites
	assert.False(t, w.Take("a"))
	w.Add("a")
	w.Add("a")
	w.Add("b")
	assert.True(t, w.Take("a"))
	assert.True(t, w.Take("a"))
	assert.False(t, w.Take("a"))
	w.Clear()
	assert.False(t, w.Take("b"))
}

// The change stream does not report every write of this process. What it has not
// reported takes a bounded amount of memory.
func TestOwnWritesAreBounded(t *testing.T) {
	t.Parallel()
	const many = 10_000
	var w backend.OwnWrites
	for i := range 2*many + 1 {
		w.Add(strconv.Itoa(i))
	}
	known := 0
	for i := range 2*many + 1 {
		if w.Take(strconv.Itoa(i)) {
			known++
		}
	}
	require.LessOrEqual(t, known, many)
	require.Positive(t, known)
}
