package replication_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/replication"
)

// raced is a pool in which others do something between what is read and what is written.
type raced struct {
	backend.Replica

	once      *sync.Once
	meanwhile func()
}

func (r raced) Put(ctx context.Context, server int, writes []backend.Write) []error {
	r.once.Do(r.meanwhile)
	return r.Replica.Put(ctx, server, writes)
}

// A Perl program that stores a session twice, the second time while the first one is
// copied, does not get the first one back, whichever side it uses.
func TestSecondWriteOfPerlWins(t *testing.T) {
	t.Parallel()
	for side, name := range []string{"from", "to"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := onePair(t)
			key := newKey()
			p.perlSet(side, key, "first", 3600)
			pools := [2]backend.Replica{p.open(from), p.open(to)}
			t.Cleanup(func() {
				assert.NoError(t, pools[from].Close())
				assert.NoError(t, pools[to].Close())
			})
			options := p.options
			options.TwoWay = true
			options.From, options.To = pools[from], pools[to]
			second := raced{pools[side], new(sync.Once), func() { p.perlSet(side, key, "second", 3600) }}
			if side == from {
				options.From = second
			} else {
				options.To = second
			}
			_, err := replication.New(options).Once(t.Context())
			require.NoError(t, err)
			for side := range pools {
				assert.True(t, p.has(side, key, "second"), side)
			}
		})
	}
}
