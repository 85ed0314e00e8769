package document_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"memcachedsoap/service/document"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/near"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/seal/sealtest"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

// current is a change stream that is up to date.
type current struct{}

func (current) State(string) (lag time.Duration, connected bool) { return 0, true }

// walking is a codec that counts the sessions that it walks through or decodes.
type walking struct {
	storable.Codec

	reads *atomic.Int64
}

func (c walking) Walk(image []byte, v perldata.Visitor, reserve func(int64) error) bool {
	c.reads.Add(1)
	return c.Codec.Walk(image, v, reserve)
}

func (c walking) DecodeWithin(image []byte, reserve func(int64) error) (*perldata.Hash, error) {
	c.reads.Add(1)
	return c.Codec.DecodeWithin(image, reserve)
}

// cached is a service with a near cache in this process, over an origin that others may
// change, and how often it has read an image.
type cached struct {
	*endpoint

	origin *memory.Backend
	near   *near.Backend
	reads  atomic.Int64
}

func newCached(tb testing.TB, so sessionstore.Options) *cached {
	tb.Helper()
	c := &cached{origin: memory.New(memory.Options{})}
	c.near = near.New(c.origin, near.Options{Cache: memory.New(memory.Options{}), TTL: time.Hour})
	c.near.Follow(current{})
	c.endpoint = newEndpointWith(tb, c.near, walking{reads: &c.reads}, so, document.Options{}, soap.Limits{})
	return c
}

// changeElsewhere changes the item of a session as another program does, or deletes it.
func (c *cached) changeElsewhere(tb require.TestingT, id string, attributes *perldata.Hash) {
	ctx := context.Background()
	if attributes == nil {
		_ = c.origin.Delete(ctx, id)
	} else {
		image, err := storable.Codec{}.Append(nil, attributes)
		require.NoError(tb, err)
		_ = c.origin.Delete(ctx, id)
		require.NoError(tb, c.origin.Add(ctx, id, backend.Item{Image: image, Flags: 1}))
	}
	c.near.Changed(id, true)
}

func (c *cached) get(id string) string {
	_, answer := c.post(envelope(getSession(id)))
	return answer
}

// From the third hit on an answer is a copy of what is kept with the entry.
func TestAnswersAreKeptWithNearCacheEntries(t *testing.T) {
	t.Parallel()
	c := newCached(t, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: lifetime}})
	c.call(t, setSession("ab12", session24))
	first := c.get("ab12")
	for range 3 {
		require.Equal(t, first, c.get("ab12"))
	}
	before := c.reads.Load()
	require.Equal(t, first, c.get("ab12"))
	require.Equal(t, before, c.reads.Load())

	c.call(t, updateSession("ab12", `<set>`+entry("uid", `<value>new</value>`)+`</set>`))
	changed := c.get("ab12")
	require.Contains(t, changed, "<value>new</value>")
	require.Greater(t, c.reads.Load(), before)
	c.near.InvalidateAll()
	before = c.reads.Load()
	require.Equal(t, changed, c.get("ab12"))
	require.Greater(t, c.reads.Load(), before)
	c.call(t, element("deleteSession", `<id>ab12</id>`))
	c.fault(t, getSession("ab12"))
}

// The answers with a near cache are those without one, whatever happens in between.
func TestKeptAnswersAreThoseOfTheOrigin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newCached(t, sessionstore.Options{})
		reference := newEndpointWith(t, c.origin, decoding{}, sessionstore.Options{}, document.Options{}, soap.Limits{})
		for i := range rapid.IntRange(1, 60).Draw(r, "steps") {
			id := "ab1" + strconv.Itoa(rapid.IntRange(0, 1).Draw(r, "session"))
			switch rapid.SampledFrom([]string{"get", "get", "get", "get", "set", "update", "delete", "elsewhere", "lost"}).Draw(r, "step") {
			case "get":
				_, want := reference.post(envelope(getSession(id)))
				require.Equal(r, want, c.get(id))
			case "set":
				c.post(envelope(setSession(id, entry("n", fmt.Sprintf("<value>%d</value>", i)))))
			case "update":
				c.post(envelope(updateSession(id, `<set>`+entry("m", fmt.Sprintf("<value>%d</value>", i))+`</set>`)))
			case "delete":
				c.post(envelope(element("deleteSession", `<id>`+id+`</id>`)))
			case "elsewhere":
				h := perldata.NewHash(1)
				h.Set("elsewhere", perldata.IntOf(int64(i)))
				c.changeElsewhere(r, id, h)
			case "lost":
				c.changeElsewhere(r, id, nil)
				c.near.InvalidateAll()
			}
		}
	})
}

// What moves with time is not kept.
func TestKeptAnswersHaveThePresentTimeLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCached(t, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: lifetime}})
		c.call(t, setSession("ab12", session24))
		for second := range 5 {
			require.Contains(t, c.get("ab12"), `<expiresIn>`+strconv.Itoa(int(lifetime/time.Second)-second)+`<`)
			time.Sleep(time.Second)
		}
		require.Contains(t, c.get("ab12"), `<expiresIn>`)
		time.Sleep(lifetime)
		require.NotContains(t, c.get("ab12"), `<expiresIn>`)
	})
}

// Nothing is kept beside an encrypted session: it would not be encrypted.
func TestNoAnswerOfAnEncryptedSessionIsKept(t *testing.T) {
	t.Parallel()
	c := newCached(t, sessionstore.Options{Sealer: sealtest.Keyring(t)})
	c.call(t, setSession("ab12", session24))
	for range 5 {
		before := c.reads.Load()
		c.get("ab12")
		assert.Greater(t, c.reads.Load(), before)
	}
}

// The service answers from several goroutines while a session changes: an answer is of
// one of its states, and its version is that of the attributes.
func TestKeptAnswersOfASessionThatChanges(t *testing.T) {
	t.Parallel()
	c := newCached(t, sessionstore.Options{})
	versions := map[string]string{}
	const states = 8
	for i := range states {
		c.call(t, setSession("ab12", entry("n", `<value>`+strconv.Itoa(i)+`</value>`)))
		_, rest, _ := strings.Cut(c.get("ab12"), "<version>")
		version, _, _ := strings.Cut(rest, "<")
		versions[version] = `<value>` + strconv.Itoa(i) + `</value>`
	}
	require.Len(t, versions, states)
	done := make(chan struct{})
	finished := make(chan struct{}, 3)
	for range 3 {
		go func() {
			defer func() { finished <- struct{}{} }()
			for {
				answer := c.get("ab12")
				_, rest, _ := strings.Cut(answer, "<version>")
				version, _, _ := strings.Cut(rest, "<")
				assert.Contains(t, answer, versions[version])
				select {
				case <-done:
					return
				default:
				}
			}
		}()
	}
	for i := range 500 {
		c.post(envelope(setSession("ab12", entry("n", `<value>`+strconv.Itoa(i%states)+`</value>`))))
	}
	close(done)
	for range 3 {
		<-finished
	}
}

func BenchmarkServeFromNearCache(b *testing.B) {
	c := newCached(b, sessionstore.Options{Lifetimes: sessionstore.Lifetimes{Default: lifetime}})
	code, answer := c.post(envelope(setSession("ab12", session24)))
	require.Equal(b, 200, code, answer)
	serve(b, c.endpoint, envelope(getSession("ab12")))
}
