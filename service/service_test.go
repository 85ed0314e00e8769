package service_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

func newService(tb testing.TB) (*service.Service, *service.Counters) {
	tb.Helper()
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{
		Lifetimes: sessionstore.Lifetimes{Default: time.Hour, Longest: 2 * time.Hour},
	})
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	counters := service.NewCounters("1.2.3", "getSession", "setSession")
	return service.New(store, counters), counters
}

func attributes(pairs ...string) *perldata.Hash {
	h := perldata.NewHash(len(pairs) / 2)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], perldata.TextOf(pairs[i+1]))
	}
	return h
}

func Example() {
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	defer store.Close()
	sessions := service.New(store, service.NewCounters("1.0"))
	ctx := context.Background()

	_, err := sessions.SetSession(ctx, "ab12", attributes("uid", "dwho"), time.Hour, sessionstore.If{})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := sessions.GetSession(ctx, "ab12")
	if err != nil {
		fmt.Println(err)
		return
	}
	uid, _ := session.Attributes.Get("uid")
	fmt.Println(uid.Str(), session.ExpiresIn)
	_, err = sessions.GetSession(ctx, "cd34")
	fmt.Println(service.FaultOf(err).Reason)
	// Output:
	// dwho 1h0m0s
	// There is no such session: it never existed, has expired or was deleted. Create a new session.
}

func TestLifecycle(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	status, err := s.Status(ctx)
	require.NoError(t, err)
	assert.Equal(t, "...... MEMCACHED SOAP OK ......", status)

	ref, err := s.SetSession(ctx, "", attributes("uid", "dwho"), sessionstore.DefaultTTL, sessionstore.If{})
	require.NoError(t, err)
	assert.Equal(t, time.Hour, ref.ExpiresIn)
	id := string(ref.ID)
	session, err := s.GetSession(ctx, id)
	require.NoError(t, err)
	assert.Equal(t, ref, session.Ref)

	ref, err = s.TouchSession(ctx, id, sessionstore.LongestTTL)
	require.NoError(t, err)
	assert.Equal(t, 2*time.Hour, ref.ExpiresIn)
	ref, err = s.TouchSession(ctx, id, 100*time.Hour)
	require.NoError(t, err)
	assert.Equal(t, 2*time.Hour, ref.ExpiresIn, "shortened to the longest")

	existed, err := s.DeleteSession(ctx, id, "")
	require.NoError(t, err)
	assert.True(t, existed)
	existed, err = s.DeleteSession(ctx, id, "")
	require.NoError(t, err)
	assert.False(t, existed)
	_, err = s.TouchSession(ctx, id, time.Hour)
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	_, err = s.SetSession(ctx, id, attributes("_session_id", id), time.Hour, sessionstore.If{})
	require.ErrorIs(t, err, sessionstore.ErrDeleted)
	assert.Equal(t, []service.Field{{Name: "id", Value: id}}, service.FaultOf(err).Fields)
	_, err = s.SetSession(ctx, "ab12", attributes("_session_id", "ab12"), time.Hour, sessionstore.If{})
	require.NoError(t, err, "the same id among the attributes")
}

func TestIDsAreChecked(t *testing.T) {
	s, _ := newService(t)
	for _, id := range []string{"x", "ab12\n", strings.Repeat("a", 65), "../a"} {
		_, err := s.GetSession(t.Context(), id)
		assertInvalid(t, err)
		_, err = s.SetSession(t.Context(), id, attributes(), 0, sessionstore.If{})
		assertInvalid(t, err)
		_, err = s.TouchSession(t.Context(), id, 0)
		assertInvalid(t, err)
		_, err = s.DeleteSession(t.Context(), id, "")
		assertInvalid(t, err)
	}
	_, err := s.SetSession(t.Context(), "ab12", attributes("_session_id", strings.Repeat("f", 100)), 0, sessionstore.If{})
	assertInvalid(t, err)
	_, err = s.GetSession(t.Context(), "ab12")
	require.ErrorIs(t, err, backend.ErrNotFound, "nothing was stored")
}

func assertInvalid(t *testing.T, err error) {
	t.Helper()
	invalid, ok := errors.AsType[*sessionstore.InvalidIDError](err)
	require.True(t, ok, "%v", err)
	assert.LessOrEqual(t, len(invalid.Text), 64)
}

func TestCounters(t *testing.T) {
	s, counters := newService(t)
	stats := func() map[string]string {
		m := map[string]string{}
		report, err := s.Stats(t.Context())
		require.NoError(t, err)
		for _, stat := range report.Service {
			m[stat.Name] = stat.Value
		}
		return m
	}
	_, err := s.SetSession(t.Context(), "ab12", attributes(), 0, sessionstore.If{})
	require.NoError(t, err)
	_, err = s.GetSession(t.Context(), "ab12")
	require.NoError(t, err)
	_, err = s.GetSession(t.Context(), "cd34")
	require.Error(t, err)

	call := service.Call{Operation: "getSession", BytesIn: 10, BytesOut: 20}
	for i := range 100 {
		call.Duration = time.Duration(i+1) * time.Millisecond
		counters.Count(call)
	}
	call.Fault = "SessionNotFoundFault"
	counters.Count(call)
	counters.Count(service.Call{Fault: "Client"})
	for _, state := range []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateNew, http.StateClosed} {
		counters.Connection(nil, state)
	}
	got := stats()
	for name, want := range map[string]string{
		"version": "1.2.3", "get_hits": "1", "get_misses": "1", "refused_requests": "1",
		"getSession_requests": "101", "getSession_faults": "1", "setSession_requests": "0", "setSession_latency_p99_us": "0",
		"faults_SessionNotFoundFault": "1", "faults_Client": "1", "bytes_read": "1010", "bytes_written": "2020",
		"curr_connections": "1", "total_connections": "2",
	} {
		assert.Equal(t, want, got[name], name)
	}
	within := func(name string, low, high int) {
		var n int
		_, err := fmt.Sscan(got[name], &n)
		require.NoError(t, err)
		assert.True(t, low <= n && n <= high, "%s is %d, not from %d to %d", name, n, low, high)
	}
	within("getSession_latency_mean_us", 50_000, 52_000)
	within("getSession_latency_p50_us", 50_000, 64_000)
	within("getSession_latency_p99_us", 99_000, 128_000)
}

func TestNewSessionIsEmptyAndStored(t *testing.T) {
	s, _ := newService(t)
	session, err := s.NewSession(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, session.Attributes.Len())
	id, _ := session.Attributes.Get(sessionstore.IDAttribute)
	assert.Equal(t, string(session.ID), id.Str())
	stored, err := s.GetSession(t.Context(), id.Str())
	require.NoError(t, err)
	assert.Equal(t, session.Version, stored.Version)
}
