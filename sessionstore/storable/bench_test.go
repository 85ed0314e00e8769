package storable_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// login is a session of 24 entries, as a single sign-on portal stores it: user
// attributes, groups, and the address of the user.
func login() *perldata.Hash {
	groups := perldata.NewHash(3)
	for _, name := range []string{"admins", "developers", "travel"} {
		group := perldata.NewHash(2)
		group.Set("cn", perldata.ListOf(perldata.BytesOf(name)))
		group.Set("dn", perldata.BytesOf("cn="+name+",ou=groups,dc=example,dc=com"))
		groups.Set(name, perldata.HashOf(group))
	}
	macros := perldata.ListOf(perldata.BytesOf("read"), perldata.BytesOf("write"), perldata.IntOf(3))
	h := perldata.NewHash(24)
	for _, entry := range []struct {
		name  string
		value perldata.Value
	}{
		{"_session_id", perldata.BytesOf("d41d8cd98f00b204e9800998ecf8427e")},
		{"_session_kind", perldata.BytesOf("SSO")},
		{"_utime", perldata.IntOf(1763836200)},
		{"_startTime", perldata.BytesOf("20251122183000")},
		{"_updateTime", perldata.BytesOf("20251122184510")},
		{"_lastSeen", perldata.IntOf(1763837110)},
		{"_auth", perldata.BytesOf("LDAP")},
		{"_userDB", perldata.BytesOf("LDAP")},
		{"_passwordDB", perldata.BytesOf("LDAP")},
		{"_user", perldata.BytesOf("dwho")},
		{"_timezone", perldata.IntOf(1)},
		{"_language", perldata.BytesOf("fr")},
		{"_url", perldata.BytesOf("aHR0cDovL3Rlc3QuZXhhbXBsZS5jb20vaW5kZXguaHRtbA==")},
		{"ipAddr", perldata.BytesOf("192.0.2.17")},
		{"authenticationLevel", perldata.IntOf(2)},
		{"uid", perldata.BytesOf("dwho")},
		{"cn", perldata.TextOf("Docteur Wéb")},
		{"sn", perldata.TextOf("Wéb")},
		{"mail", perldata.BytesOf("dwho@example.com")},
		{"dn", perldata.BytesOf("uid=dwho,ou=people,dc=example,dc=com")},
		{"groups", perldata.BytesOf("admins; developers; travel")},
		{"hGroups", perldata.HashOf(groups)},
		{"rights", macros},
		{"quota", perldata.FloatOf(12.5)},
	} {
		h.Set(entry.name, entry.value)
	}
	return h
}

// benchmarked returns two sessions of the usual size and one with many names.
func benchmarked(b *testing.B) map[string][]byte {
	b.Helper()
	portal, err := storable.Codec{}.Append(nil, login())
	require.NoError(b, err)
	large := perldata.NewHash(200)
	for i := range 200 {
		large.Set("attribute"+strconv.Itoa(i), perldata.IntOf(int64(i)))
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
	for name, session := range map[string]*perldata.Hash{"login": login(), "SOAP::Lite": recorded} {
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
