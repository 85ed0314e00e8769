package watch

import (
	"net"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
)

// A stream is broken when it says nothing for a second, not when what it says
// never ends with a line.
func TestSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var keys []string
		follower := backend.Follower{Changed: func(key string, _ bool) { keys = append(keys, key) }}
		c := newConnection(&stream{options: Options{Follower: follower}, heartbeatKeys: "heartbeat"}, nil)
		ours, theirs := net.Pipe()
		defer theirs.Close()
		read := make(chan error)
		go func() { read <- c.read(ours) }()
		send := func(text string) {
			_, err := theirs.Write([]byte(text))
			assert.NoError(t, err)
		}
		const half = "ts=1.1 gid=3 type=item_store key="
		send(half)
		const lines = 50
		for i := range lines {
			time.Sleep(silence / 10)
			send(strconv.Itoa(i) + " status=stored cmd=set ttl=0 clsid=1 cfd=2 size=0\n" + half)
		}
		last := time.Now()
		var timeout net.Error
		require.ErrorAs(t, <-read, &timeout)
		require.True(t, timeout.Timeout())
		require.Equal(t, silence, time.Since(last))
		require.Len(t, keys, lines)
	})
}
