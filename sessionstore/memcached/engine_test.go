package memcached

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
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

func TestTooOld(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{
		"VERSION 1.4.39": true, "VERSION 1.5.22": true, "VERSION 1.6.0": true, "VERSION 1.6.9": true, "VERSION 0.9.99": true,
		"VERSION 1.6.9_beta1": true, "VERSION 1.6.10": false, "VERSION 1.6.10-rc1": false, "VERSION 1.6.18": false, "VERSION 1.7.0": false,
		"VERSION 2.0.0": false, "VERSION UNKNOWN": false, "VERSION 15.2.6.Final": false, "VERSION ": false, "ERROR": false, "VERSION 1.6": false,
	} {
		assert.Equal(t, want, tooOld(answer), answer)
	}
}

// engine answers each line by a rule, or closes the connection where the rule says
// nothing.
func engine(t *testing.T, answers map[string]string) string {
	t.Helper()
	return memcachedtest.Serve(t, func(nc net.Conn) {
		for lines := bufio.NewScanner(nc); lines.Scan(); {
			command, _, _ := strings.Cut(lines.Text(), " ")
			answer, known := answers[command]
			if _, err := nc.Write([]byte(answer)); err != nil || !known {
				return
			}
		}
	})
}

// A server that lacks what is needed is refused, with what it answers to version.
func TestEngines(t *testing.T) {
	t.Parallel()
	const noCommand = "ERROR\r\n"
	for name, tt := range map[string]struct {
		address string
		why     refusal
		answer  string
	}{
		"memcached":                      {memcachedtest.Start(t).Addr, "", ""},
		"without CAS":                    {memcachedtest.Start(t, "-C").Addr, refusedNoCAS, "VERSION 1.6"},
		"memcached 1.5.22":               {engine(t, map[string]string{"version": "VERSION 1.5.22\r\n", "mg": noCommand, "ms": noCommand, "": noCommand, "stats": "END\r\n"}), refusedOld, "VERSION 1.5.22"},
		"no meta commands":               {engine(t, map[string]string{"version": "VERSION 5.5\r\n", "mg": noCommand, "ms": noCommand, "": noCommand, "stats": "END\r\n"}), refusedMeta, "VERSION 5.5"},
		"no ms":                          {engine(t, map[string]string{"version": "VERSION 5.5.0\r\n", "mg": "EN\r\n", "ms": noCommand, "": noCommand, "stats": "END\r\n"}), refusedMeta, "VERSION 5.5.0"},
		"closes at mg, too old":          {engine(t, map[string]string{"version": "VERSION 0.5.0x\r\n"}), refusedOld, "VERSION 0.5.0x"},
		"closes at mg":                   {engine(t, map[string]string{"version": "VERSION new\r\n"}), refusedMeta, "VERSION new"},
		"a proxy":                        {engine(t, map[string]string{"version": "VERSION 1.6.38\r\n", "mg": "EN\r\n", "ms": "NS\r\n", "": "", "stats": "STAT proxy_enabled yes\r\nEND\r\n"}), refusedProxy, "VERSION 1.6.38"},
		"several servers, by key":        {byKey(t, memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr), refusedProxy, "VERSION 1.6"},
		"several servers, by connection": {byConnection(t, memcachedtest.Start(t).Addr, memcachedtest.Start(t).Addr), refusedProxy, "VERSION 1.6"},
		"without CAS, tells no settings": {byKey(t, memcachedtest.Start(t, "-C").Addr), refusedNoCAS, "VERSION 1.6"},
		"memcached behind a relay that hides settings": {byKey(t, memcachedtest.Start(t).Addr), "", ""},
		"tells no settings":                            {engine(t, map[string]string{"version": "VERSION 1.6.22\r\n", "mg": "EN\r\n", "ms": "NS\r\n", "": "", "stats": noCommand}), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer("test", addressOf(t, tt.address), Options{Timeout: 10 * time.Second})
			defer s.close()
			err := s.inspect(t.Context())
			if tt.why == "" {
				require.NoError(t, err)
				return
			}
			var refused *refusedError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, tt.why, refused.why)
			for _, m := range s.refusedMetrics() {
				assert.Equal(t, m.Reason == string(tt.why), m.Value == 1, m.Reason)
			}
			assert.Contains(t, err.Error(), tt.answer)
			var down *backend.UnavailableError
			require.ErrorAs(t, s.ping(t.Context()), &down, "it is out of service")
			assert.Equal(t, tt.why.sentence(), down.Reason)
			assert.ErrorContains(t, down.Err, tt.answer)
		})
	}
}

// A refused server is out of service until another one takes its place. The log
// says both once.
func TestRefusedServerIsReplaced(t *testing.T) {
	t.Parallel()
	good, old := memcachedtest.Start(t).Addr, engine(t, map[string]string{"version": "VERSION 1.5.22\r\n"})
	var log bytes.Buffer
	b, err := New(Options{Servers: []string{"cache1"}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	var replaced atomic.Bool
	b.servers[0].dialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		if replaced.Load() {
			return new(net.Dialer).DialContext(ctx, network, good)
		}
		return new(net.Dialer).DialContext(ctx, network, old)
	}
	b.CheckServers()
	require.Eventually(t, func() bool { return !b.Available("k") }, time.Minute, 10*time.Millisecond)
	require.ErrorContains(t, b.Health(t.Context())[0].Err, refusedOld.sentence())
	replaced.Store(true)
	require.Eventually(t, func() bool { return b.Ping(t.Context()) == nil }, time.Minute, 10*time.Millisecond)
	require.True(t, b.Available("k"))
	require.NoError(t, b.Close())
	assert.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
	assert.Contains(t, log.String(), `level=ERROR msg="server refused" server=cache1`)
	assert.Contains(t, log.String(), `VERSION 1.5.22`)
	assert.Contains(t, log.String(), `level=INFO msg="server accepted" server=cache1`)
}

// A server that is down at the start is inspected when it comes back.
func TestServerIsInspectedWhenItComesBack(t *testing.T) {
	t.Parallel()
	server := memcachedtest.Start(t)
	server.Kill()
	b, err := New(Options{Servers: []string{server.Addr}})
	require.NoError(t, err)
	b.CheckServers()
	require.Eventually(t, b.servers[0].breaker.isOpen, time.Minute, 10*time.Millisecond)
	server.Restart("-C")
	require.Eventually(t, func() bool {
		err := b.Ping(t.Context())
		require.Error(t, err, "it is never in service")
		return strings.Contains(err.Error(), refusedNoCAS.sentence())
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, b.Close())
}
