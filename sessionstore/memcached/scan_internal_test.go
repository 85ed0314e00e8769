package memcached

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// A pause of this process during which the server could not write spoils the
// scan, although the answer ends as it should.
func TestScanThatStalls(t *testing.T) {
	t.Parallel()
	for pause, want := range map[time.Duration]error{scanStall: nil, scanStall + 1: backend.ErrScanStalled} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			go io.WriteString(theirs, "key=a x\nEND\r\n") //nolint:errcheck // to a pipe
			stall := &stallReader{nc: ours, last: time.Now()}
			time.Sleep(pause)
			parts := make(chan []byte, 1)
			require.Equal(t, want, readScan(stall, "", keyScan{}, parts))
		})
	}
}

// A scan does not wait for its visitor.
func TestScanTooFarAhead(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go func() {
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(theirs, "key=%s%d x\n", strings.Repeat("k", 200), i); err != nil {
				return
			}
		}
	}()
	parts := make(chan []byte, 3)
	require.ErrorIs(t, readScan(&stallReader{nc: ours, last: time.Now()}, "", keyScan{}, parts), backend.ErrSlowVisitor)
	require.Len(t, parts, 3)
	require.NoError(t, ours.Close())
}

func FuzzReadScanned(f *testing.F) {
	f.Add([]byte("key=a%3Ab exp=-1 la=1 cas=1 fetch=no cls=1 size=63\nEND\r\n"))
	f.Add([]byte("OK\r\nEND\r\n"))
	f.Add([]byte("BUSY currently processing crawler request\r\n"))
	f.Add([]byte("CLIENT_ERROR lru crawler disabled\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(data), 64<<10)
		for first := true; ; first = false {
			key, _, end, err := readScanned(r, first)
			if err != nil {
				require.Empty(t, key)
				require.False(t, end)
				return
			}
			if end {
				require.Empty(t, key)
				require.Contains(t, string(data), "END")
				return
			}
			require.True(t, key != nil || first)
		}
	})
}

// A server that is only suspected, since a call was slow, is scanned. One that is down
// is not waited for.
func TestScanOfASuspectedServer(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	b, err := New(Options{Servers: []string{server.Addr}})
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.Add(t.Context(), "a1", backend.Item{}))
	keys := 0
	scan := func() error { return b.Scan(t.Context(), 0, func(string) error { keys++; return nil }) }
	s := b.servers[0]
	s.breaker.failure(time.Now(), false)
	require.False(t, b.Available("a1"))
	require.NoError(t, scan())
	require.Equal(t, 1, keys)

	s.breaker.tryOpen(time.Now().Add(recently))
	require.ErrorIs(t, scan(), errOpen)
	require.Equal(t, 1, keys)
}
