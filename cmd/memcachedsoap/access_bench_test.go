package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore/memory"
)

// BenchmarkGetSession answers getSession over connections that stay open, with and
// without callers: what authentication costs of the whole way of a request.
func BenchmarkGetSession(b *testing.B) {
	session, err := os.ReadFile("../../service/document/testdata/session24.xml")
	require.NoError(b, err)
	key, keyHash := access.NewKey()
	password, err := access.HashPassword("a long random password")
	require.NoError(b, err)
	file, err := access.ParseFile([]byte("callers:\n" +
		"  - {name: portal, roles: [read, write], password: '" + password + "'}\n" +
		"  - {name: tool, roles: [admin], key: '" + keyHash + "'}\n" +
		"  - {name: near, roles: [read, write], addresses: [127.0.0.0/8]}\n"))
	require.NoError(b, err)
	callers := access.NewGuard(file, access.Options{})
	for _, bench := range []struct {
		name          string
		callers       *access.Guard
		authorization string
	}{
		{"anonymous", nil, ""},
		{"address", callers, ""},
		{"bearer", callers, "Bearer " + key},
		{"basic", callers, basic("portal", "a long random password")[0]},
	} {
		b.Run(bench.name, func(b *testing.B) {
			m := measure(b, memory.New(memory.Options{MaxBytes: 64 << 20}), httpd.Options{Access: bench.callers})
			m.post(m.request("Bearer "+key, operationCall("setSession", "<id>ab12</id><attributes>"+string(session)+"</attributes>")))
			request := m.request(bench.authorization, operationCall("getSession", "<id>ab12</id>"))
			m.post(request) // the first time, a password takes long
			m.loop(func() { m.post(request) })
		})
	}
}
