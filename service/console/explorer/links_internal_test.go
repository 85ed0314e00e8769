package explorer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
)

// servers are what instances share a key on.
type servers struct {
	key   sessionstore.SharedKey
	down  bool
	asked int
}

func (s *servers) share(_ context.Context, _ string, proposed sessionstore.SharedKey) (sessionstore.SharedKey, error) {
	s.asked++
	if s.down {
		return sessionstore.SharedKey{}, errors.New("down")
	}
	if s.key == (sessionstore.SharedKey{}) {
		s.key = proposed
	}
	return s.key, nil
}

// Instances open each other's addresses, also after the servers have lost the key, and
// their own while the servers do not answer.
func TestLinksOfSeveralInstances(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &servers{}
		one, other := newLinks(shared.share), newLinks(shared.share)
		opens := func(l *links, text, content string) {
			t.Helper()
			opened, ok := l.open(t.Context(), text)
			require.True(t, ok)
			require.Equal(t, content, opened)
		}
		text := one.seal(t.Context(), "scontent")
		assert.Equal(t, text, other.seal(t.Context(), "scontent"), "the same content has the same address")
		assert.NotEqual(t, text, one.seal(t.Context(), "scontenu"))
		opens(other, text, "scontent")

		shared.key = sessionstore.SharedKey{} // lost, and another one is there
		third := newLinks(shared.share)
		newer := third.seal(t.Context(), "snew")
		time.Sleep(2 * time.Second)
		opens(one, newer, "snew")
		opens(one, text, "scontent")

		shared.down = true
		time.Sleep(time.Minute)
		opens(one, one.seal(t.Context(), "sown"), "sown")
		alone := newLinks(shared.share)
		opens(alone, alone.seal(t.Context(), "sown"), "sown")
		_, ok := alone.open(t.Context(), text)
		assert.False(t, ok)
	})
}

// Servers that do not answer are asked once for the addresses of a page, and again a moment
// later.
func TestLinksAskSeldom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &servers{down: true}
		l := newLinks(shared.share)
		for range 50 {
			l.seal(t.Context(), "s")
		}
		assert.Equal(t, 1, shared.asked)
		shared.down = false
		time.Sleep(linkKeyPause)
		text := l.seal(t.Context(), "s")
		assert.Equal(t, 2, shared.asked)
		_, ok := newLinks(shared.share).open(t.Context(), text)
		assert.True(t, ok, "it is shared now")
	})
}

// An address that was changed opens nothing.
func TestForgedLinks(t *testing.T) {
	t.Parallel()
	l := newLinks((&servers{}).share)
	text := l.seal(t.Context(), sealedSession+"0123456789abcdef")
	for i := range text {
		forged := []byte(text)
		if forged[i] ^= 1; string(forged) == text {
			continue
		}
		opened, ok := l.open(t.Context(), string(forged))
		if ok { // the last bits of base64 may have no meaning
			assert.Equal(t, len(text)-1, i)
			assert.Equal(t, sealedSession+"0123456789abcdef", opened)
		}
	}
	for _, wrong := range []string{"", "A", text[:len(text)/2], text + "AAAA", strings.Repeat("A", maxSealed+1), "=", "\x00"} {
		_, ok := l.open(t.Context(), wrong)
		assert.False(t, ok, wrong)
	}
}
