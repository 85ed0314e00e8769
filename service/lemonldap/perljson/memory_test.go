package perljson_test

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/perljson"
)

// What the values of a text take is not more than what is reserved for them, also if the
// text has as many values as it may have.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	const values = 100_000 // of the default limits
	object := func(names int, value string) string {
		entries := make([]string, names)
		for i := range entries {
			entries[i] = `"` + strconv.Itoa(i) + `":` + value
		}
		return "{" + strings.Join(entries, ",") + "}"
	}
	chain := strings.Repeat(`{"":`, 500) + "true" + strings.Repeat("}", 500)
	for item, of := range map[string]int{
		"0": 1, "true": 1, `""`: 1, `"é"`: 1, "{}": 1, "[]": 1, "[true]": 2, `{"":0}`: 2, `{"":true}`: 2, `{"é":[true]}`: 3, chain: 501,
		object(3, "true"): 4, object(9, "true"): 10, object(17, "true"): 18, object(129, "true"): 130, object(90_000, "true"): 90_001,
	} {
		list := strings.Repeat(item+",", (values-1)/of)
		text := []byte("[" + list[:len(list)-1] + "]")
		before := live()
		v, err := perljson.Parse(text, perljson.Limits{})
		taken := live() - before
		require.NoError(t, err)
		runtime.KeepAlive(v)
		runtime.KeepAlive(text)
		assert.LessOrEqual(t, taken, perljson.Memory(text, perljson.Limits{}), "%.40s", item)
	}
}

// live returns how many bytes of the heap are in use.
func live() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
