package memcached

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// byKey returns the address of a proxy before memcached servers that chooses one by
// the key, and that does not say what it is: it refuses statistics.
func byKey(t *testing.T, servers ...string) string {
	t.Helper()
	return memcachedtest.Serve(t, func(client net.Conn) {
		lines := bufio.NewScanner(client)
		for lines.Scan() {
			command := lines.Text() + "\r\n"
			word, rest, _ := strings.Cut(lines.Text(), " ")
			if word == "ms" && lines.Scan() {
				command += lines.Text() + "\r\n"
			}
			key, _, _ := strings.Cut(rest, " ")
			hash := fnv.New32a()
			hash.Write([]byte(key))
			answer := "ERROR\r\n"
			if word != "stats" {
				answer = firstLine(servers[int(hash.Sum32())%len(servers)], command)
			}
			if _, err := io.WriteString(client, answer); err != nil {
				return
			}
		}
	})
}

// firstLine sends a command over a connection of its own and returns the first line
// of the answer.
func firstLine(address, command string) string {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return err.Error()
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, command); err != nil {
		return err.Error()
	}
	line, err := bufio.NewReader(nc).ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return line
}

// byConnection returns the address of a load balancer: each connection leads to the
// next server.
func byConnection(t *testing.T, servers ...string) string {
	t.Helper()
	var connections atomic.Uint32
	return memcachedtest.Serve(t, func(client net.Conn) {
		server, err := net.Dial("tcp", servers[int(connections.Add(1))%len(servers)])
		if err != nil {
			return
		}
		defer server.Close()
		go func() {
			io.Copy(server, client) //nolint:errcheck // ends with the connection of the client
			server.Close()
		}()
		io.Copy(client, server) //nolint:errcheck // as above
	})
}

// A proxy whose operator says that each key has one server is used. What it cannot do
// for all its servers is an error.
func TestDirectProxy(t *testing.T) {
	t.Parallel()
	address := byKey(t, memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr)
	b, err := New(Options{Servers: []string{address}, Proxy: DirectProxy, Timeout: 10 * time.Second})
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.servers[0].inspect(t.Context()))
	require.NoError(t, b.Ping(t.Context()))
	_, err = b.Follow(backend.Follower{})
	require.ErrorIs(t, err, backend.ErrNotFollowable)
	err = b.Scan(t.Context(), 0, func(string) error { return nil })
	require.ErrorIs(t, err, backend.ErrNotScannable)
	var down *backend.UnavailableError
	require.ErrorAs(t, err, &down)
	assert.Equal(t, "a memcached server cannot list its keys", down.Reason)

	withoutCAS := byKey(t, memcachedtest.Start(t, "-C").Addr, memcachedtest.Start(t, "-C").Addr)
	s := newServer("test", addressOf(t, withoutCAS), Options{Proxy: DirectProxy, Timeout: 10 * time.Second})
	defer s.close()
	require.ErrorContains(t, s.inspect(t.Context()), refusedNoCAS.sentence())
}

// A proxy without its server does not answer, also if it answers for itself.
func TestProxyWithoutItsServer(t *testing.T) {
	t.Parallel()
	address := memcachedtest.Serve(t, func(client net.Conn) {
		for lines := bufio.NewScanner(client); lines.Scan(); {
			answer := "SERVER_ERROR backend failure\r\n"
			switch word, _, _ := strings.Cut(lines.Text(), " "); word {
			case "mn":
				answer = "MN\r\n"
			case "version":
				answer = "VERSION 1.6.38\r\n"
			case "stats":
				answer = "STAT proxy_enabled yes\r\nEND\r\n"
			case "":
				continue
			}
			if _, err := fmt.Fprint(client, answer); err != nil {
				return
			}
		}
	})
	b, err := New(Options{Servers: []string{address}, Proxy: DirectProxy})
	require.NoError(t, err)
	defer b.Close()
	require.ErrorContains(t, b.servers[0].inspect(t.Context()), "backend failure")
	require.Nil(t, b.servers[0].refused.Load(), "it is not refused for that")
	require.ErrorContains(t, b.Ping(t.Context()), "backend failure")
}
