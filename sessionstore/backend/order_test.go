package backend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/backend"
)

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	v := backend.VersionAt(time.Now().Truncate(time.Second))
	exact := func(v backend.Version) backend.Item { return backend.Item{Version: v, CAS: uint64(v)} }
	rounded := func(v backend.Version) backend.Item { return backend.Item{Version: v, CAS: 7} }
	for name, c := range map[string]struct {
		a, b backend.Item
		want int
	}{
		"later":                                 {exact(v + 1), exact(v), 1},
		"same":                                  {exact(v), exact(v), 0},
		"later, both rounded":                   {rounded(v + 1), rounded(v), 1},
		"may be rounded up":                     {exact(v + 1), rounded(v + backend.VersionGrain), 0},
		"more than it is rounded":               {exact(v), rounded(v + backend.VersionGrain), -1},
		"never rounded down":                    {exact(v + 1), rounded(v), 1},
		"none":                                  {backend.Item{CAS: 9}, rounded(v), -1},
		"none on both":                          {backend.Item{CAS: 9}, backend.Item{CAS: 8}, 0},
		"a clock more than a day ahead is none": {exact(backend.VersionAt(time.Now().Add(25 * time.Hour))), rounded(v), -1},
	} {
		assert.Equal(t, c.want, backend.CompareVersions(c.a, c.b), name)
		assert.Equal(t, -c.want, backend.CompareVersions(c.b, c.a), name)
	}
}

func TestCompareContents(t *testing.T) {
	t.Parallel()
	x, y := backend.Item{Image: []byte("x"), Flags: 1}, backend.Item{Image: []byte("y"), Flags: 1}
	assert.Zero(t, backend.CompareContents(x, backend.Item{Image: []byte("x"), Flags: 1, CAS: 9, ExpiresIn: time.Hour}))
	assert.NotZero(t, backend.CompareContents(x, backend.Item{Image: []byte("x"), Flags: 3}), "flags are content")
	assert.NotZero(t, backend.CompareContents(x, y))
	assert.Equal(t, backend.CompareContents(x, y), -backend.CompareContents(y, x))
	for _, session := range []backend.Item{x, y} {
		assert.Equal(t, 1, backend.CompareContents(backend.Tombstone(time.Hour), session))
		assert.Equal(t, -1, backend.CompareContents(session, backend.Tombstone(time.Hour)))
	}
}
