package watch

import (
	"io"
	"net"
	"os"
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

// lateConn is a connection of a process that was not scheduled until the deadline of
// each first read: what has arrived is there at the second one.
type lateConn struct {
	net.Conn

	late bool
}

func (c *lateConn) Read(p []byte) (int, error) {
	if c.late = !c.late; c.late {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Read(p)
}

// A process that was not scheduled for the whole time does not call the stream
// broken.
func TestLateReader(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	go theirs.Write([]byte("HD")) //nolint:errcheck // the reader notices
	text := make([]byte, 2)
	_, err := io.ReadFull(deadlineReader{&lateConn{Conn: ours}}, text)
	require.NoError(t, err)
	require.Equal(t, "HD", string(text))
}
