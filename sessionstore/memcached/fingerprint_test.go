package memcached

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/selector"
)

// fingerprintOf returns the fingerprint of a pool. Server "a" has the token "ta";
// "-" before a name says that the server does not answer, "+" that it was restarted.
func fingerprintOf(t *testing.T, servers string, o selector.Options, onDead OnDeadServer) fingerprint {
	t.Helper()
	f := fingerprint{onDead: onDead}
	var tokens []string
	for name := range strings.SplitSeq(servers, ",") {
		bare := strings.TrimLeft(name, "-+")
		o.Servers = append(o.Servers, bare)
		token, _, _ := strings.Cut("t"+bare, "=")
		switch name[0] {
		case '-':
			token = ""
		case '+':
			token += "2"
		}
		tokens = append(tokens, token)
	}
	s, err := selector.New(o)
	require.NoError(t, err)
	for i, share := range sharesOf(s) {
		f.places = append(f.places, place{tokens[i], share})
	}
	read, ok := parseFingerprint(f.String())
	require.True(t, ok)
	require.Equal(t, f, read)
	return f
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	ketama := selector.Options{Hash: selector.LibmemcachedKetama}
	fast := selector.Options{Hash: selector.Fast}
	for name, tt := range map[string]struct {
		a, b     string
		ofA, ofB selector.Options
		onDead   OnDeadServer // of the second
		reason   string
		passing  bool
	}{
		"equal":                      {a: "a,b,c", b: "a,b,c"},
		"one server":                 {a: "a", b: "a"},
		"one is down for one":        {a: "a,b,c", b: "a,-b,c"},
		"one is down for both":       {a: "a,-b,c", b: "a,-b,c"},
		"one each is down":           {a: "-a,b,c", b: "a,b,-c"},
		"equal by another rule":      {a: "a,b,c", b: "a,b,c", ofB: fast},
		"order does not matter here": {a: "a,b,c", b: "c,a,b", ofA: ketama, ofB: ketama},
		"order":                      {a: "a,b,c", b: "a,c,b", reason: keysDiffer},
		"order of two, one down":     {a: "a,b", b: "-b,a", reason: keysDiffer},
		"weight":                     {a: "a,b", b: "a,b=2", reason: keysDiffer},
		"a small weight":             {a: "a=1000,b=1000", b: "a=1000,b=999", reason: keysDiffer},
		"hash":                       {a: "a,b", b: "a,b", ofB: ketama, reason: keysDiffer},
		"points":                     {a: "a,b", b: "a,b", ofA: selector.Options{Hash: selector.FastKetama}, ofB: selector.Options{Hash: selector.FastKetama, KetamaPoints: 151}, reason: keysDiffer},
		"hashed prefix":              {a: "a,b", b: "a,b", ofA: fast, ofB: selector.Options{Hash: selector.Fast, HashedPrefix: "app:"}, reason: keysDiffer},
		"more servers":               {a: "a,b", b: "a,b,c", reason: "another number of servers: 3 instead of 2"},
		"fewer servers":              {a: "a,b", b: "a", reason: "another number of servers: 1 instead of 2"},
		"another server":             {a: "a,b", b: "a,c", reason: "other servers", passing: true},
		"all others":                 {a: "a,b", b: "c,d", reason: "other servers", passing: true},
		"a restart unknown to one":   {a: "a,+b", b: "a,b", reason: "other servers", passing: true},
		"dead servers":               {a: "a,b", b: "a,b", onDead: Rehash, reason: "--on-dead-server=rehash instead of fail"},
	} {
		onDead := tt.onDead
		if onDead == "" {
			onDead = Fail
		}
		a, b := fingerprintOf(t, tt.a, tt.ofA, Fail), fingerprintOf(t, tt.b, tt.ofB, onDead)
		reason, passing := a.difference(b)
		assert.Equal(t, tt.reason, reason, name)
		assert.Equal(t, tt.passing, passing, name)
		back, passing := b.difference(a)
		assert.Equal(t, reason == "", back == "", name)
		assert.Equal(t, tt.passing, passing, name)
	}
	for _, text := range []string{"", "fail", "fail ", "other a:b", "fail a", "fail a:", "fail :b", "fail a:b c"} {
		_, ok := parseFingerprint(text)
		assert.False(t, ok, text)
	}
}
