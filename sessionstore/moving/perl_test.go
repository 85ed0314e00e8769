package moving_test

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/backendtest"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

// command sends a command to a server, as a Perl program does.
func command(t *testing.T, server *memcachedtest.Server, text, answer string) {
	t.Helper()
	nc, err := net.Dial("tcp", server.Addr)
	require.NoError(t, err)
	defer nc.Close()
	_, err = fmt.Fprint(nc, text+"\r\n")
	require.NoError(t, err)
	got := make([]byte, len(answer))
	require.NoError(t, nc.SetReadDeadline(time.Now().Add(ample)))
	_, err = nc.Read(got)
	require.NoError(t, err)
	require.Equal(t, answer, string(got))
}

// What a Perl program stores at the previous place of a session is moved at once, also if
// the session has moved before. A deleted session stays deleted.
func TestPerlWritesAtThePreviousPlace(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, now := s.pools(t)
	b := s.instance(t)
	_, err := b.Follow(backend.Follower{Changed: func(string, bool) {}, ResyncRequired: func(int) {}})
	require.NoError(t, err)
	for server := range b.Servers() {
		require.Eventually(t, func() bool { return b.Barrier(t.Context(), server) == nil }, ample, 10*time.Millisecond)
	}
	b.Begin()
	changed, deleted := newID(), newID()
	require.NoError(t, b.Add(t.Context(), changed, session("x")))
	store := sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{})
	deletions := store.NewGuard(b, guard.Options{})
	defer deletions.Close()
	_, err = store.Replace(t.Context(), sessionstore.ID(deleted), nil, time.Hour, sessionstore.If{})
	require.NoError(t, err)
	require.NoError(t, store.Delete(t.Context(), sessionstore.ID(deleted)))
	command(t, s.old, "set "+changed+" 1 3600 1\r\ny", "STORED")
	command(t, s.old, "set "+deleted+" 1 3600 1\r\ny", "STORED")
	for _, key := range []string{changed, deleted} {
		require.Eventually(t, func() bool {
			_, err := old.Get(t.Context(), key)
			return errors.Is(err, backend.ErrNotFound)
		}, ample, 10*time.Millisecond)
	}
	assert.True(t, backendtest.MustGet(t, now, deleted).Deleted)
	assert.Equal(t, "y", string(backendtest.MustGet(t, now, changed).Image))
}

// Perl programs take a session that is under way for an absent one.
func TestPerlReadsAFrozenSession(t *testing.T) {
	t.Parallel()
	s := startSites(t)
	old, _ := s.pools(t)
	var left atomic.Int64
	left.Store(5)
	dying := s.instanceOf(t, func(p backend.Pool) backend.Pool { return faulty{p, &left, false} })
	dying.Begin()
	key := newID()
	require.NoError(t, old.Add(t.Context(), key, session("x")))
	_, err := dying.Get(t.Context(), key)
	require.ErrorIs(t, err, errFault)
	require.Contains(t, string(backendtest.MustGet(t, old, key).Image), "frozen")
	for _, class := range []string{"Cache::Memcached", "Cache::Memcached::Fast"} {
		out, err := exec.Command("perl", "-M"+class, "-e",
			`print defined(`+class+`->new({servers => ["`+s.old.Addr+`"]})->get("`+key+`")) ? "there" : "absent"`).CombinedOutput()
		require.NoError(t, err, string(out))
		assert.True(t, strings.HasSuffix(string(out), "absent"), "%s: %s", class, out)
	}
}
