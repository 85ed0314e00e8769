package selector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Address{
		"localhost":          {network: "tcp", target: "localhost:11211"},
		"Cache-1.example":    {network: "tcp", target: "cache-1.example:11211"},
		"my_host:1":          {network: "tcp", target: "my_host:1"},
		"10.0.0.1:65535":     {network: "tcp", target: "10.0.0.1:65535"},
		"[::1]":              {network: "tcp", target: "[::1]:11211"},
		"[2001:db8::1]:2222": {network: "tcp", target: "[2001:db8::1]:2222"},
		"[fe80::1%eth0]:1":   {network: "tcp", target: "[fe80::1%eth0]:1"},
		"/run/memcached.s":   {network: "unix", target: "/run/memcached.s"},
		"unix:/run//m":       {network: "unix", target: "/run/m"},
		"tls:Cache-1":        {network: "tcp", target: "cache-1:11211", tls: true},
		"tls:[::1]:2222":     {network: "tcp", target: "[::1]:2222", tls: true},
	} {
		got, err := ParseAddress(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
}

func TestParseAddressRejects(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"":               "neither a host name",
		":11211":         "neither a host name",
		"tls:":           "neither a host name",
		"tls:11211":      "use tls:HOST:PORT", // the port of a host named tls is ambiguous
		"tls:/run/m":     "use tls:HOST:PORT",
		"tls:unix:/m":    "use tls:HOST:PORT",
		"tls:tls:host:1": "use tls:HOST:PORT",
		"tls://host:1":   "use tls:HOST:PORT",
		"host:":          "is invalid: use 1 to 65535",
		"host:0":         "is invalid: use 1 to 65535",
		"host:65536":     "is invalid: use 1 to 65535",
		"host:http":      "is invalid: use 1 to 65535",
		"host:-1":        "is invalid: use 1 to 65535",
		"::1":            "in brackets",
		"::1:11211":      "in brackets",
		"a:b:c":          "in brackets",
		"[::1":           "host:port",
		"[::1]x":         "host:port",
		"[localhost]:1":  "only an IPv6",
		"[localhost]":    "only an IPv6",
		"[]:1":           "only an IPv6",
		"[zz::1]:1":      "neither a host name",
		"a b:1":          "neither a host name",
		"tcp://host:1":   "in brackets",
		"unix:run/m":     "begin with /",
		"unix:":          "begin with /",
		"host,other":     "neither a host name",
		"host:1,other:2": "in brackets",
	} {
		_, err := ParseAddress(text)
		assert.ErrorContains(t, err, reason, "%q", text)
	}
}

func TestIsName(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"cache1.example.org": true, "192.0.2.1": false, "[2001:db8::1]:2": false, "/run/memcached": false,
	} {
		a, err := ParseAddress(text)
		require.NoError(t, err)
		assert.Equal(t, want, a.IsName(), text)
	}
}
