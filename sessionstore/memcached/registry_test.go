package memcached

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
)

const registeringEvery = 100 * time.Millisecond

// register starts a process that registers on servers.
func register(t *testing.T, text string, o Options) *Backend {
	t.Helper()
	o.Timeout = 10 * time.Second
	b, err := New(o)
	require.NoError(t, err)
	t.Cleanup(func() { b.Close() })
	b.register(func() string { return text }, registeringEvery)
	return b
}

// textsOf returns what a process knows of the others, by what they say.
func textsOf(b *Backend) map[string][]string {
	texts := map[string][]string{}
	for _, r := range b.Registered() {
		texts[r.Text] = r.Servers
	}
	return texts
}

func requireTexts(t *testing.T, b *Backend, texts ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		found := textsOf(b)
		for _, text := range texts {
			if found[text] == nil {
				return false
			}
		}
		return len(found) == len(texts)
	}, time.Minute, 10*time.Millisecond, "%v", texts)
}

// Processes see each other by every server that they share, whatever the order and the
// hash are, and not those that have ended or have another key prefix.
func TestRegister(t *testing.T) {
	t.Parallel()
	a, b := memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr
	one := register(t, "one\nline", Options{Servers: []string{a, b}})
	two := register(t, "two", Options{Servers: []string{b, a}, Hash: selector.LibmemcachedKetama})
	three := register(t, "three", Options{Servers: []string{b}})
	register(t, "elsewhere", Options{Servers: []string{a, b}, KeyPrefix: "other:"})
	requireTexts(t, one, "two", "three")
	requireTexts(t, two, "one line", "three")
	requireTexts(t, three, "one line", "two")
	assert.Eventually(t, func() bool { return len(textsOf(one)["two"]) == 2 }, time.Minute, 10*time.Millisecond)
	assert.Equal(t, []string{b}, textsOf(one)["three"])

	require.NoError(t, three.Close())
	reader, err := New(Options{Servers: []string{b}})
	require.NoError(t, err)
	defer reader.Close()
	item, err := reader.Get(t.Context(), registryKey)
	require.NoError(t, err)
	assert.NotContains(t, string(item.Image), "three", "it has taken its leave")
	requireTexts(t, one, "two")
	assert.Empty(t, reader.Registered(), "it has not registered")
}

// A process that was killed is forgotten although others renew the item. What is no line
// of a process is removed, and a full item stays within its bounds.
func TestRegistryIsBounded(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	others := make([]string, 0, maxRegistered+10)
	for i := range cap(others) {
		others = append(others, strings.Repeat(string(rune('a'+i%26)), 1+i)+" 0 gone")
	}
	writer, err := New(Options{Servers: []string{server.Addr}})
	require.NoError(t, err)
	defer writer.Close()
	junk := "junk\n\n \n" + strings.Repeat("x", 1<<12) + " 1 long\n"
	require.NoError(t, writer.Add(t.Context(), registryKey, backend.Item{Image: []byte(junk + strings.Join(others, "\n")), ExpiresIn: time.Minute}))
	one := register(t, "one", Options{Servers: []string{server.Addr}})
	lines := func() []string {
		item, err := writer.Get(t.Context(), registryKey)
		require.NoError(t, err)
		return strings.Split(string(item.Image), "\n")
	}
	require.Eventually(t, func() bool { return len(lines()) == maxRegistered }, time.Minute, 10*time.Millisecond, "it is full")
	require.Eventually(t, func() bool {
		require.Empty(t, one.Registered(), "nobody has renewed them")
		return len(lines()) == 1
	}, time.Minute, 10*time.Millisecond, "lines that nobody renews")
	two := register(t, strings.Repeat("2", 2*maxRegistration), Options{Servers: []string{server.Addr}})
	requireTexts(t, one, strings.Repeat("2", maxRegistration))
	requireTexts(t, two, "one")

	server.Restart()
	requireTexts(t, one, strings.Repeat("2", maxRegistration))
	requireTexts(t, two, "one")
}

// Two pools have the same placement if they place each key on the same of their servers.
func TestPlacement(t *testing.T) {
	t.Parallel()
	placement := func(o Options) string {
		b, err := New(o)
		require.NoError(t, err)
		defer b.Close()
		return b.Placement()
	}
	first := placement(Options{Servers: []string{"a:1", "b:1", "c:1=2"}})
	assert.Equal(t, first, placement(Options{Servers: []string{"d:1", "e:1", "f:1=2"}}))
	for _, other := range []Options{
		{Servers: []string{"a:1=2", "b:1", "c:1"}, Hash: selector.LibmemcachedKetama},
		{Servers: []string{"a:1", "b:1", "c:1"}},
		{Servers: []string{"a:1", "b:1", "c:1=2"}, OnDeadServer: Rehash},
	} {
		assert.NotEqual(t, first, placement(other), other)
	}
}
