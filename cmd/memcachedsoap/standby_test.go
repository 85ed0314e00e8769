package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

func TestInvalidStandby(t *testing.T) {
	server := memcachedtest.Start(t)
	name := strings.Replace(server.Addr, "127.0.0.1", "localhost", 1)
	for want, tt := range map[string]struct {
		args []string
		code int
	}{
		"--standby needs --servers":               {[]string{"--standby", "a"}, exitUsage},
		"combined with --previous-servers":        {[]string{"--servers", "a", "--standby", "b", "--previous-servers", "c"}, exitUsage},
		"--standby-writes needs --standby":        {[]string{"--standby-writes", "yes"}, exitUsage},
		"--standby-writes must be one of":         {[]string{"--standby-writes", "sometimes"}, exitUsage},
		"--servers and --standby both have a":     {[]string{"--servers", "a:11211,b", "--standby", "c,a=2"}, exitUsage},
		"--standby-on-dead-server=rehash cannot":  {[]string{"--servers", "a,b", "--standby", "c,d", "--standby-on-dead-server", "rehash"}, exitUsage},
		"--on-dead-server=rehash cannot":          {[]string{"--servers", "a,b", "--standby", "c,d", "--on-dead-server", "rehash"}, exitUsage},
		"--standby-proxy=direct cannot":           {[]string{"--servers", "a", "--standby", "c", "--standby-proxy", "direct"}, exitUsage},
		"--proxy=direct cannot":                   {[]string{"--servers", "a", "--standby", "c", "--proxy", "direct"}, exitUsage},
		"--standby-server-ca is for servers with": {[]string{"--servers", "a", "--standby", "c", "--standby-server-ca", "f"}, exitUsage},
		"--standby-store-timeout must be more":    {[]string{"--servers", "a", "--standby", "c", "--standby-store-timeout", "0s"}, exitUsage},
		"--standby must be either one of cfg":     {[]string{"--servers", "a", "--standby", "cfg:a,b"}, exitUsage},
		"--standby: memcached: server":            {[]string{"--servers", "a", "--standby", "b:c:d"}, exitFailed},
		"are the same server":                     {[]string{"--servers", server.Addr, "--standby", name}, exitFailed},
	} {
		var errs strings.Builder
		code := run(t.Context(), append([]string{"serve", "--listen", "127.0.0.1:0"}, tt.args...), streams{In: strings.NewReader(""), Out: &errs, Err: &errs})
		assert.Equal(t, tt.code, code, want)
		assert.Contains(t, errs.String(), want)
	}
}

// markEqual keeps marks of a replicator that copies both ways on servers until the test
// ends.
func markEqual(t *testing.T, servers ...*memcachedtest.Server) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{}, len(servers))
	for _, s := range servers {
		pool, err := memcached.New(memcached.Options{Servers: []string{s.Addr}})
		require.NoError(t, err)
		key, _ := backend.ReplicaMarkKey(pool, 0)
		lease := backend.Lease{Backend: pool, Key: key, Holder: "test", Life: backend.ReplicaMarkLife}
		go func() {
			defer func() { ended <- struct{}{} }()
			defer pool.Close()
			for n := uint64(1); ctx.Err() == nil; n++ {
				_, _ = lease.Hold(ctx, backend.ReplicaMark{Role: backend.ReplicaTwoWay, Equal: true, Number: n}.Note())
				select {
				case <-time.After(backend.ReplicaMarkRenewal / 10):
				case <-ctx.Done():
				}
			}
		}()
	}
	t.Cleanup(func() {
		stop()
		for range servers {
			<-ended
		}
	})
}

// While the server is down the service goes on with the standby: sessions are read,
// changed, made and found there. The log, /readyz, stats and the metrics say so.
func TestServeWithStandby(t *testing.T) {
	for _, more := range [][]string{nil, {"--local", "memory:1MiB", "--principal", "uid"}} {
		t.Run(fmt.Sprint(more), func(t *testing.T) {
			origin, other := memcachedtest.Start(t), memcachedtest.Start(t)
			markEqual(t, origin, other)
			url, log, stop := startService(t, append(more, "--servers", origin.Addr, "--standby", other.Addr, "--store-timeout", "10s")...)
			ready := func(line string) {
				t.Helper()
				require.Eventually(t, func() bool { return strings.Contains(readiness(t, url), line) }, time.Minute, 10*time.Millisecond, line)
			}
			ready(origin.Addr + " up; origin, equal")
			ready(other.Addr + " up; standby, equal")
			done(t, url, "session", "set", "ab12", "uid=dwho")
			copyItem(t, origin, other, "ab12")
			origin.Kill()
			assert.Contains(t, done(t, url, "session", "get", "ab12"), "dwho")
			require.Eventually(t, func() bool {
				return invoke(t, url, "session", "update", "ab12", "mail=dwho@example.com").code == exitDone
			}, time.Minute, 10*time.Millisecond)
			done(t, url, "session", "set", "ab13", "uid=rtyler")
			assert.Contains(t, done(t, url, "session", "get", "ab12"), "dwho@example.com")
			done(t, url, "session", "delete", "ab12")
			assert.Equal(t, exitNoSession, invoke(t, url, "session", "get", "ab12").code)
			assert.Equal(t, exitNoSession, invoke(t, url, "session", "get", "ab14").code)
			if more != nil {
				assert.Contains(t, done(t, url, "session", "find", "rtyler"), "ab13")
			}
			ready(origin.Addr + " down: ")
			ready("; the standby answers for it")
			statistics := done(t, url, "stats")
			assert.Regexp(t, `pool +- +standby`, statistics)
			assert.Regexp(t, `standby_writes_total +[1-9]`, statistics)
			stop()
			pools := map[any]bool{}
			for _, line := range log.lines(t, "request") {
				pools[line["pool"]] = true
			}
			assert.True(t, pools["origin"], pools)
			assert.True(t, pools["standby"], pools)
			var told bool
			log.each(t, func(line map[string]any) {
				told = told || line["pool"] == "origin" && line["server"] == origin.Addr && line["state"] == "away"
			})
			assert.True(t, told, "the state of the server is logged")
		})
	}
}

// copyItem copies an item as a replicator does.
func copyItem(t *testing.T, from, to *memcachedtest.Server, key string) {
	t.Helper()
	pools := make([]*memcached.Backend, 2)
	for i, s := range []*memcachedtest.Server{from, to} {
		var err error
		pools[i], err = memcached.New(memcached.Options{Servers: []string{s.Addr}})
		require.NoError(t, err)
		defer pools[i].Close()
	}
	item, err := pools[0].Get(t.Context(), key)
	require.NoError(t, err)
	require.NoError(t, pools[1].Add(t.Context(), key, item))
}
