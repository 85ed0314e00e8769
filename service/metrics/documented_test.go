package metrics_test

import (
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/batchlog"
	"memcachedsoap/service/document"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/lemonldap/events"
	"memcachedsoap/service/metrics"
	"memcachedsoap/service/traces"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/seal"
	"memcachedsoap/sessionstore/storable"
)

const page = "../../docs/metrics.md"

// storeRows are metrics of parts of a store that the service of these tests does not
// have. They may be documented and used in rules.
var storeRows = []string{
	"index_complete", "index_incomplete_seconds", "pool_conflict", "discovery_changed", "discovery_failures_total", "breaker_open", "breaker_opened_total", "server_errors_total", "connections",
	"watch_connected", "watch_lag_seconds", "watch_events_total", "watch_evictions_total", "watch_skipped_total", "watch_dropped_total", "watch_reconnects_total",
	"standby_state", "standby_answers_total", "standby_hedges_total", "standby_comparisons_total", "standby_writes_total", "standby_undecided_total",
	"near_hits_total", "near_misses_total", "near_bypasses_total", "near_stale_reads_total", "near_collapsed_total",
	"changes_relay", "changes_readers", "changes_left_out_total", "changes_refused_total", "changes_events_total", "changes_gaps_total",
	"changes_connects_total",
	"near_refused_fills_total", "near_invalidations_total", "near_flushes_total",
	"moving_begun", "moving_moved_total", "moving_lookups_total", "moving_conflicts_total", "moving_overflows_total", "moving_failures_total",
	"memory_items", "memory_bytes", "memory_limit_bytes", "memory_evictions_total",
}

// exported returns the kinds of all metrics of a service with memcached, by name.
func exported(t *testing.T) map[string]string {
	t.Helper()
	items, err := memcached.New(memcached.Options{Servers: []string{"127.0.0.1:1"}}) // is never asked
	require.NoError(t, err)
	store := sessionstore.NewStore(items, storable.Codec{}, sessionstore.Options{Sealer: new(seal.Keyring)})
	defer store.Close()
	deletions := store.NewGuard(items, guard.Options{})
	defer deletions.Close()
	audited, err := audit.Open(audit.Stdout, audit.Options{Stdout: io.Discard})
	require.NoError(t, err)
	defer audited.Close()
	counters := service.NewCounters("1", document.Operations()...)
	callOnce(t, service.New(store, counters))
	redis, err := events.ParseRedis("redis://127.0.0.1:1") // does not answer
	require.NoError(t, err)
	broker := events.New(events.Options{Redis: redis})
	defer broker.Close()
	log := batchlog.New(io.Discard, batchlog.Options{})
	defer log.Close(t.Context())
	families, err := metrics.NewRegistry(metrics.Sources{
		Counters: counters, Server: httpd.New(nil, httpd.Options{Access: access.NewGuard(new(access.File), access.Options{})}), Store: store, Audit: audited,
		Events: broker, Traces: new(traces.Traces), Log: log,
	}).Gather()
	require.NoError(t, err)
	kinds := map[string]string{}
	for _, f := range families {
		kinds[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	return kinds
}

// callOnce makes a call as a caller of an auth file: callers are counted from their
// first call on.
func callOnce(t *testing.T, s *service.Service) {
	t.Helper()
	file, err := access.ParseFile([]byte("callers: [{name: portal, roles: [read], addresses: [unix]}]"))
	require.NoError(t, err)
	ctx := access.NewGuard(file, access.Options{}).Begin(t.Context(), access.Sent{Unix: true})
	require.NoError(t, access.Authenticate(ctx))
	_, err = s.GetSession(ctx, "")
	require.Error(t, err)
}

// documented returns the kinds of the metrics in docs/metrics.md, by name.
func documented(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	kinds := map[string]string{}
	for _, item := range regexp.MustCompile("(?m)^- `([a-z_]+)`, ([a-z]+): ").FindAllStringSubmatch(string(text), -1) {
		assert.NotContains(t, kinds, item[1], "twice")
		kinds[item[1]] = item[2]
	}
	return kinds
}

// docs/metrics.md lists every metric of the service with its kind, and no other.
func TestEveryMetricIsDocumented(t *testing.T) {
	t.Parallel()
	listed, shown := documented(t), exported(t)
	maps.Copy(shown, replicated(t))
	for name, kind := range shown {
		if strings.HasPrefix(name, metrics.Prefix) {
			assert.Equal(t, kind, listed[name], name)
		}
	}
	for name, kind := range listed {
		if row, ofStore := strings.CutPrefix(name, metrics.StorePrefix); !ofStore || !slices.Contains(storeRows, row) {
			assert.Equal(t, kind, shown[name], name)
		}
	}
	for _, row := range storeRows {
		assert.Contains(t, listed, metrics.StorePrefix+row)
	}
}

// replicated returns the kinds of the metrics of a replicator that are not those of
// its pools, by name.
func replicated(t *testing.T) map[string]string {
	t.Helper()
	pools := make([]*memcached.Backend, 2)
	for i := range pools {
		var err error
		pools[i], err = memcached.New(memcached.Options{Servers: []string{"127.0.0.1:1"}}) // is never asked
		require.NoError(t, err)
		defer pools[i].Close()
	}
	families, err := metrics.NewReplicatorRegistry(metrics.Replicator{
		Version: "1", Started: time.Now(), Pools: pools[0],
		Replication: replication.New(replication.Options{From: pools[0], To: pools[1]}),
	}).Gather()
	require.NoError(t, err)
	kinds := map[string]string{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), metrics.StorePrefix) {
			kinds[f.GetName()] = strings.ToLower(f.GetType().String())
		}
	}
	return kinds
}
