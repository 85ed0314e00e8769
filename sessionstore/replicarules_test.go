package sessionstore_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// sessionItem is the item of a session with some attributes, in this order.
func sessionItem(t *testing.T, entries ...perldata.Entry) backend.Item {
	t.Helper()
	h := perldata.NewHash(len(entries))
	for _, e := range entries {
		h.Set(e.Name, e.Value)
	}
	image, err := storable.Codec{}.Append(nil, h)
	require.NoError(t, err)
	return backend.Item{Image: image, Flags: 1}
}

func entryOf(name string, v perldata.Value) perldata.Entry {
	return perldata.Entry{Name: name, Value: v}
}

func bytesEntry(name, value string) perldata.Entry { return entryOf(name, perldata.BytesOf(value)) }

func TestKindsOfReplicatedItems(t *testing.T) {
	t.Parallel()
	r := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	session := sessionItem(t, bytesEntry("uid", "x"))
	saml := string(sessionstore.TypedID("saml", sessionstore.NewID()))
	persistent := string(sessionstore.TypedID("persistent", sessionstore.NewID())) // as long as the key of a list
	for key, want := range map[string]bool{
		"c0ffee": true, "other": false, "memcachedsoap:x": false, "": false, saml: true, persistent: true, saml + "0": false,
	} {
		assert.Equal(t, want, r.IsSession(key), key)
		assert.False(t, r.IsLog(key), key)
		_, record := r.DeletionName(key)
		assert.False(t, record, key)
	}
	assert.True(t, r.IsVersioned(saml, session))
	assert.False(t, r.IsLookupKey(backend.Item{Image: []byte(saml)}), "it leads to global sessions only")
	for name, c := range map[string]struct {
		item              backend.Item
		lookup, versioned bool
	}{
		"session":          {session, false, true},
		"compressed":       {backend.Item{Image: []byte("x"), Flags: 3}, false, true},
		"encrypted":        {backend.Item{Image: []byte("x"), Flags: 9}, false, true},
		"chosen id":        {backend.Item{Image: []byte("x"), Flags: 1<<29 | 1}, false, true},
		"tombstone":        {backend.Tombstone(0), false, true},
		"lookup key":       {backend.Item{Image: []byte("c0ffee")}, true, false},
		"without the flag": {backend.Item{Image: session.Image}, false, false},
		"unknown flags":    {backend.Item{Image: []byte("x"), Flags: 1 << 16}, false, false},
	} {
		assert.Equal(t, c.lookup, r.IsLookupKey(c.item), name)
		assert.Equal(t, c.versioned, r.IsVersioned("c0ffee", c.item), name)
	}
	assert.False(t, r.IsVersioned("other", session))
}

// Sessions that differ only in signatures are the same, whatever the order of their
// attributes, and the one without them is right.
func TestIgnoredAttributes(t *testing.T) {
	t.Parallel()
	r := sessionstore.NewReplicaRules(storable.Codec{}, []string{"master", "slave"})
	list := func() perldata.Value { return perldata.ListOf(perldata.IntOf(1), perldata.HashOf(perldata.NewHash(0))) }
	plain := sessionItem(t, bytesEntry("uid", "x"), entryOf("list", list()))
	signed := sessionItem(t, bytesEntry("master", "1#1"), entryOf("list", list()), bytesEntry("uid", "x"))
	other := sessionItem(t, bytesEntry("slave", "2#2"), bytesEntry("uid", "x"), entryOf("list", list()))
	changed := sessionItem(t, bytesEntry("master", "1#1"), entryOf("list", list()), bytesEntry("uid", "y"))
	broken := backend.Item{Image: []byte("broken"), Flags: 1}
	for name, c := range map[string]struct {
		a, b  backend.Item
		same  bool
		right int
	}{
		"signature in a":        {signed, plain, true, 1},
		"signature in b":        {plain, other, true, 0},
		"signatures in both":    {signed, other, true, -1},
		"none":                  {plain, plain, true, -1},
		"another change":        {changed, plain, false, -1},
		"not readable":          {broken, plain, false, -1},
		"another kind of value": {sessionItem(t, entryOf("uid", perldata.IntOf(1)), entryOf("list", list())), plain, false, -1},
	} {
		same, right := r.Ignored("c0ffee", c.a, c.b)
		assert.Equal(t, c.same, same, name)
		assert.Equal(t, c.right, right, name)
	}
	assert.True(t, r.Signed("c0ffee", signed))
	assert.False(t, r.Signed("c0ffee", plain))
	assert.False(t, r.Signed("c0ffee", broken))
	same, _ := sessionstore.NewReplicaRules(storable.Codec{}, nil).Ignored("c0ffee", signed, plain)
	assert.False(t, same, "nothing is ignored")
}

// A signature is noticed also if nobody has named it.
func TestSignaturesThatNobodyHasNamed(t *testing.T) {
	t.Parallel()
	r := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	for value, want := range map[string]bool{"1795372681#1795372680": true, "1#1": false, "x": false, "1795372681#x": false} {
		assert.Equal(t, want, r.Signed("c0ffee", sessionItem(t, bytesEntry("mastersur11211", value))), value)
	}
	assert.False(t, r.Signed("c0ffee", sessionItem(t, bytesEntry("note", "1795372681#1795372680"))))
}

// Values that contain themselves, or each other many times, end the comparison.
func TestIgnoredAttributesOfLargeGraphs(t *testing.T) {
	t.Parallel()
	r := sessionstore.NewReplicaRules(storable.Codec{}, []string{"master"})
	graph := func() perldata.Value {
		v := perldata.ListOf(perldata.IntOf(1))
		for range 60 {
			v = perldata.ListOf(v, v)
		}
		return v
	}
	a := sessionItem(t, entryOf("graph", graph()))
	b := sessionItem(t, entryOf("graph", graph()), bytesEntry("master", "x"))
	same, _ := r.Ignored("c0ffee", a, b)
	assert.False(t, same, "it cannot be known")
}

func TestNewerLoginOutlivesADeletion(t *testing.T) {
	t.Parallel()
	r := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	now := time.Now().Unix()
	record := backend.Item{Image: strconv.AppendInt(nil, now-10, 10), ExpiresIn: time.Hour}
	login := func(second int64) backend.Item { return sessionItem(t, entryOf("_utime", perldata.IntOf(second))) }
	assert.True(t, r.Outlives("c0ffee", login(now-5), record))
	assert.False(t, r.Outlives("c0ffee", login(now-10), record))
	assert.False(t, r.Outlives("c0ffee", sessionItem(t, bytesEntry("uid", "x")), record))
	assert.False(t, r.Outlives("c0ffee", backend.Item{Image: []byte("broken"), Flags: 1}, record))
	assert.True(t, r.Outlives("c0ffee", login(now-10), backend.Item{Image: []byte("damaged")}), "it remembers nothing")
}

func TestMergeDeletions(t *testing.T) {
	t.Parallel()
	r := sessionstore.NewReplicaRules(storable.Codec{}, nil)
	record := func(second string, life time.Duration) backend.Item {
		return backend.Item{Image: []byte(second), ExpiresIn: life}
	}
	for _, c := range []struct{ a, b, want backend.Item }{
		{record("10", time.Hour), record("20", time.Minute), record("20", time.Hour)},
		{record("10", 0), record("20", time.Minute), record("20", 0)},
		{record("10", time.Hour), record("x", 2*time.Hour), record("10", time.Hour)},
		{record("10", time.Hour), record("10", time.Hour), record("10", time.Hour)},
	} {
		assert.Equal(t, c.want, r.MergeDeletions(c.a, c.b))
		assert.Equal(t, c.want, r.MergeDeletions(c.b, c.a))
	}
	name := r.DeletionOf("c0ffee")
	assert.Equal(t, guard.RecordName("c0ffee"), name)
	found, ok := r.DeletionName(name + "17")
	assert.True(t, ok)
	assert.Equal(t, name, found)
	for _, key := range []string{"c0ffee", backend.ReservedKeys + "deleted:", backend.ReservedKeys + "deleted:x", backend.ReservedKeys + "replica:0"} {
		_, ok := r.DeletionName(key)
		assert.False(t, ok, key)
	}
}
