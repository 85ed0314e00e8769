//go:build newest

package events

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// memcached 1.6.20 and later reports that another program has deleted a session.
func TestReportedDeletion(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	command(t, server, "set "+first+" 1 0 4\r\nabcd")
	i := start(t, nil, nil)
	conn := i.subscribe(t, Channel)
	i.follow(t, server)
	began := time.Now()
	command(t, server, "delete "+first)
	assert.Equal(t, unlogOf(first), receive(t, conn))
	require.Less(t, time.Since(began), 5*time.Second)
}
