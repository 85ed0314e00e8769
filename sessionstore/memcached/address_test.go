package memcached

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]address{
		"localhost":          {"tcp", "localhost:11211"},
		"Cache-1.example":    {"tcp", "cache-1.example:11211"},
		"my_host:1":          {"tcp", "my_host:1"},
		"10.0.0.1:65535":     {"tcp", "10.0.0.1:65535"},
		"[::1]":              {"tcp", "[::1]:11211"},
		"[2001:db8::1]:2222": {"tcp", "[2001:db8::1]:2222"},
		"[fe80::1%eth0]:1":   {"tcp", "[fe80::1%eth0]:1"},
		"/run/memcached.s":   {"unix", "/run/memcached.s"},
		"unix:/run//m":       {"unix", "/run/m"},
	} {
		got, err := parseAddress(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":               "no host name",
		":11211":         "no host name",
		"host:":          "no port",
		"host:0":         "no port",
		"host:65536":     "no port",
		"host:http":      "no port",
		"host:-1":        "no port",
		"::1":            "in brackets",
		"::1:11211":      "in brackets",
		"a:b:c":          "in brackets",
		"[::1":           "host:port",
		"[::1]x":         "host:port",
		"[localhost]:1":  "only an IPv6",
		"[localhost]":    "only an IPv6",
		"[]:1":           "only an IPv6",
		"[zz::1]:1":      "no host name",
		"a b:1":          "no host name",
		"tcp://host:1":   "in brackets",
		"unix:run/m":     "begin with /",
		"unix:":          "begin with /",
		"host,other":     "no host name",
		"host:1,other:2": "in brackets",
	} {
		_, err := parseAddress(text)
		assert.ErrorContains(t, err, reason, "%q", text)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, servers := range map[string][]string{
		"no servers given":                           nil,
		`server "unix:x"`:                            {"a", "unix:x"},
		`server "A:11211" is given twice`:            {"a", "A:11211"},
		`server "/run/m" is given twice`:             {"unix:/run/m", "b", "/run/m"},
		`memcached: server "b:99999": "99999" is no`: {"a", "b:99999"},
	} {
		b, err := New(Options{Servers: servers})
		require.ErrorContains(t, err, name)
		require.Nil(t, b)
	}
}
