package storable_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/storable"
)

// login is a session of 24 entries as a single sign-on portal keeps it: user
// attributes, groups, and where the user came from.
func login() *sessionstore.Hash {
	groups := sessionstore.NewHash(3)
	for _, name := range []string{"admins", "developers", "travel"} {
		group := sessionstore.NewHash(2)
		group.Set("cn", sessionstore.ListOf(sessionstore.BytesOf(name)))
		group.Set("dn", sessionstore.BytesOf("cn="+name+",ou=groups,dc=example,dc=com"))
		groups.Set(name, sessionstore.HashOf(group))
	}
	macros := sessionstore.ListOf(sessionstore.BytesOf("read"), sessionstore.BytesOf("write"), sessionstore.IntOf(3))
	h := sessionstore.NewHash(24)
	for _, entry := range []struct {
		name  string
		value sessionstore.Value
	}{
		{"_session_id", sessionstore.BytesOf("d41d8cd98f00b204e9800998ecf8427e")},
		{"_session_kind", sessionstore.BytesOf("SSO")},
		{"_utime", sessionstore.IntOf(1763836200)},
		{"_startTime", sessionstore.BytesOf("20251122183000")},
		{"_updateTime", sessionstore.BytesOf("20251122184510")},
		{"_lastSeen", sessionstore.IntOf(1763837110)},
		{"_auth", sessionstore.BytesOf("LDAP")},
		{"_userDB", sessionstore.BytesOf("LDAP")},
		{"_passwordDB", sessionstore.BytesOf("LDAP")},
		{"_user", sessionstore.BytesOf("dwho")},
		{"_timezone", sessionstore.IntOf(1)},
		{"_language", sessionstore.BytesOf("fr")},
		{"_url", sessionstore.BytesOf("aHR0cDovL3Rlc3QuZXhhbXBsZS5jb20vaW5kZXguaHRtbA==")},
		{"ipAddr", sessionstore.BytesOf("192.0.2.17")},
		{"authenticationLevel", sessionstore.IntOf(2)},
		{"uid", sessionstore.BytesOf("dwho")},
		{"cn", sessionstore.TextOf("Docteur Wéb")},
		{"sn", sessionstore.TextOf("Wéb")},
		{"mail", sessionstore.BytesOf("dwho@example.com")},
		{"dn", sessionstore.BytesOf("uid=dwho,ou=people,dc=example,dc=com")},
		{"groups", sessionstore.BytesOf("admins; developers; travel")},
		{"hGroups", sessionstore.HashOf(groups)},
		{"rights", macros},
		{"quota", sessionstore.FloatOf(12.5)},
	} {
		h.Set(entry.name, entry.value)
	}
	return h
}

// benchmarked returns two sessions of the usual size, and one of many names.
func benchmarked(b *testing.B) map[string][]byte {
	b.Helper()
	portal, err := storable.Codec{}.Append(nil, login())
	require.NoError(b, err)
	large := sessionstore.NewHash(200)
	for i := range 200 {
		large.Set("attribute"+strconv.Itoa(i), sessionstore.IntOf(int64(i)))
	}
	wide, err := storable.Codec{}.Append(nil, large)
	require.NoError(b, err)
	return map[string][]byte{"login": portal, "SOAP::Lite": loadSessions(b)["24pairs"], "200 names": wide}
}

func BenchmarkDecode(b *testing.B) {
	for name, image := range benchmarked(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(image)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := storable.Codec{}.Decode(image)
				require.NoError(b, err)
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, image := range benchmarked(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(image)))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, storable.Codec{}.Check(image))
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	recorded, err := storable.Codec{}.Decode(loadSessions(b)["24pairs"])
	require.NoError(b, err)
	for name, session := range map[string]*sessionstore.Hash{"login": login(), "SOAP::Lite": recorded} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var image []byte
			for b.Loop() {
				var err error
				image, err = storable.Codec{}.Append(image[:0], session)
				require.NoError(b, err)
			}
			b.SetBytes(int64(len(image)))
		})
	}
}
