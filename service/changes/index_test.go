package changes

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// proving is an index that proves what the test says.
type proving struct {
	identity string
	epoch    atomic.Pointer[string] // nil while it is not complete
}

func (p *proving) Identity() string { return p.identity }

func (p *proving) Complete(identity string) bool {
	return identity == p.identity && p.epoch.Load() != nil
}

func (p *proving) Prove(_ context.Context, identity string) string {
	if epoch := p.epoch.Load(); epoch != nil && identity == p.identity {
		return *epoch
	}
	return ""
}

func (p *proving) Confirm(_ context.Context, identity, epoch string) bool {
	now := p.epoch.Load()
	return now != nil && identity == p.identity && epoch == *now
}

// A reader is told whether the index of its relay is complete, and asks it to prove
// that; a relay with another index proves nothing, and one that has gone neither.
func TestIndexOfTheRelay(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	mine := &proving{identity: "uid"}
	relay, reader := pair(t, []string{server.Addr}, func(s *settings) { s.index = mine })
	p := reader.peer
	assert.Empty(t, p.Prove(t.Context(), "uid"))
	assert.False(t, p.Complete("uid"))
	epoch, next := "first & only", "second"
	mine.epoch.Store(&epoch)
	require.Eventually(t, func() bool { return p.Complete("uid") }, ample, 10*time.Millisecond)
	assert.False(t, p.Complete("mail"))
	assert.Equal(t, epoch, p.Prove(t.Context(), "uid"))
	assert.True(t, p.Confirm(t.Context(), "uid", epoch))
	assert.Empty(t, p.Prove(t.Context(), "mail"))
	assert.False(t, p.Confirm(t.Context(), "mail", epoch))
	mine.epoch.Store(&next)
	assert.False(t, p.Confirm(t.Context(), "uid", epoch))
	assert.False(t, relay.peer.Confirm(t.Context(), "uid", next), "it does not ask another one")
	assert.Empty(t, relay.peer.Prove(t.Context(), "uid"))

	relay.server.CloseClientConnections()
	require.Eventually(t, func() bool { return p.reader.session.Load() != nil && p.Confirm(t.Context(), "uid", next) }, ample, 10*time.Millisecond)
	assert.True(t, p.Complete("uid"), "a moment without a relay changes nothing")
	mine.epoch.Store(nil)
	require.Eventually(t, func() bool { return !p.Complete("uid") }, ample, 10*time.Millisecond)
}
