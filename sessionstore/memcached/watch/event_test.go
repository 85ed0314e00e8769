package watch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

func TestParseEvent(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]event{
		"ts=1795372681.81612 gid=2 type=item_store key=k1 status=stored cmd=set ttl=100 clsid=1 cfd=25 size=3": {key: []byte("k1")},
		"ts=1.1 gid=2 type=item_store key=k1 status=stored cmd=replace ttl=4294967295 clsid=1 cfd=2 size=0":    {key: []byte("k1"), change: backend.Removed},
		"ts=1.1 gid=2 type=item_store key=k1 status=exists cmd=cas ttl=4294967295 clsid=1 cfd=2 size=0":        {},
		"ts=1.1 gid=2 type=item_store key=k1 status=stored cmd=cas ttl=2147483647 clsid=1 cfd=2 size=0":        {key: []byte("k1"), plain: true},
		"ts=1.1 gid=2 type=item_store key=k1 status=stored cmd=prepend ttl=0 clsid=1 cfd=2 size=0":             {key: []byte("k1")},
		"ts=1.1 gid=3 type=item_store key=k1 status=stored cmd=add ttl=0 clsid=1 cfd=2 size=0":                 {key: []byte("k1"), plain: true},
		"ts=1.1 gid=3 type=item_store key=k1 status=stored cmd=cas ttl=0 clsid=1 cfd=2 size=0":                 {key: []byte("k1"), plain: true},
		"ts=1.1 gid=3 type=item_store key=k1 status=stored cmd=append ttl=0 clsid=1 cfd=2 size=0":              {key: []byte("k1"), plain: true},
		"ts=1.1 gid=3 type=item_store key=a%3Ab%25 status=stored cmd=cas ttl=0 clsid=1 cfd=2 size=0":           {key: []byte("a:b%"), plain: true},
		"ts=1.1 gid=3 type=item_store key=a%zz% status=stored cmd=cas ttl=0 clsid=1 cfd=2 size=0":              {key: []byte("a%zz%"), plain: true},
		"ts=1.1 gid=4 type=item_store key=k status=too_large cmd=set ttl=0 clsid=255 cfd=99 size=9999999":      {key: []byte("k")},
		"ts=1.1 gid=4 type=item_store key=k status=no_memory cmd=cas ttl=0 clsid=255 cfd=99 size=9999999":      {key: []byte("k"), change: backend.Evicted},
		"ts=1.1 gid=5 type=item_store key=k status=not_stored cmd=add ttl=0 clsid=1 cfd=2 size=0":              {},
		"ts=1.1 gid=5 type=item_store key=k status=exists cmd=cas ttl=0 clsid=1 cfd=2 size=0":                  {},
		"ts=1795374051.347503 gid=105 type=deleted key=a cmd=md clsid=1 size=1":                                {key: []byte("a"), change: backend.Removed},
		"ts=1795374101.4 gid=2 type=eviction key=b fetch=no ttl=300 la=0 clsid=14 size=1500":                   {key: []byte("b"), change: backend.Evicted},
		"ts=1.1 gid=2 type=extwrite key=k fetch=yes ttl=-1 la=3 clsid=5 bucket=0 size=600":                     {},
		"ts=1.1 gid=2 type=wonder and more": {},
		"skipped=9965":                      {skipped: 9965},
	} {
		got, ok := parseEvent([]byte(line + protocol.LineEnd))
		require.True(t, ok, line)
		assert.Equal(t, want, got, line)
	}
	for _, line := range []string{
		"", "OK", "ERROR", "skipped=", "skipped=0", "skipped=-1", "ts=1.1 gid=2", "ts=1.1 gid=2 type=item_store status=stored cmd=set",
		"ts=1.1 gid=2 type= key=k", "ts=1.1 gid=2 type=deleted key=k and more",
	} {
		_, ok := parseEvent([]byte(line + protocol.LineEnd))
		assert.False(t, ok, line)
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add("ts=1.1 gid=3 type=item_store key=a%3Ab status=stored cmd=cas ttl=0 clsid=1 cfd=2 size=0")
	f.Add("ts=1.1 gid=2 type=eviction key=b fetch=no ttl=300 la=0 clsid=14 size=1500")
	f.Add("skipped=9965")
	f.Fuzz(func(t *testing.T, line string) {
		e, ok := parseEvent([]byte(line))
		if !ok {
			require.Equal(t, event{}, e)
			return
		}
		require.LessOrEqual(t, len(e.key), len(line))
		require.False(t, e.skipped != 0 && e.key != nil)
		require.False(t, e.plain && !strings.Contains(line, "status=stored"))
	})
}

func BenchmarkParseEvent(b *testing.B) {
	line := []byte("ts=1795372681.81612 gid=2 type=item_store key=0123456789abcdef0123456789abcdef status=stored cmd=cas ttl=72000 clsid=1 cfd=25 size=1500\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseEvent(line); !ok {
			b.Fatal("not understood")
		}
	}
}
