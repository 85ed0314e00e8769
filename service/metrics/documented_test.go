package metrics_test

import (
	"bytes"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/httpd"
	"memcachedsoap/service/lemonldap/events"
	"memcachedsoap/service/metrics"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/seal"
	"memcachedsoap/sessionstore/storable"
)

const (
	folder = "../../scripts/deploy/prometheus/"
	page   = "../../docs/metrics.md"
)

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
	families, err := metrics.NewRegistry(metrics.Sources{
		Counters: counters, Server: httpd.New(nil, httpd.Options{Access: access.NewGuard(new(access.File), access.Options{})}), Store: store, Audit: audited,
		Events: broker,
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

// ruleFile is the used part of Prometheus's format of rules.
type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Alert, Expr string
	For         time.Duration
	Labels      struct{ Severity string }
	Annotations struct{ Summary, Description string }
}

func rules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(folder + "alerts.yml")
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var file ruleFile
	require.NoError(t, decoder.Decode(&file))
	require.Len(t, file.Groups, 1)
	require.NotEmpty(t, file.Groups[0].Rules)
	return file.Groups[0].Rules
}

// Every rule uses existing metrics with existing labels, and rates of counters only.
func TestAlertsUseExistingMetrics(t *testing.T) {
	t.Parallel()
	kinds := documented(t)
	counters := service.NewCounters("1")
	dialect.Observer(counters)
	known := counters.Snapshot().Faults
	operations := document.Operations()
	metric := regexp.MustCompile(`\b(?:memcachedsoap|go|process)_\w+|\bup\b`)
	matcher := regexp.MustCompile(`(\w+)=~?"([^"]*)"`)
	grown := regexp.MustCompile(`\b(?:rate|increase)\((\w+)(?:\{[^}]*\})?\[\d+m\]\)`)
	seen := map[string]bool{}
	for _, r := range rules(t) {
		assert.Regexp(t, `^MemcachedSOAP[A-Z]\w+$`, r.Alert)
		assert.False(t, seen[r.Alert], "%s is there twice", r.Alert)
		seen[r.Alert] = true
		assert.Contains(t, []string{"critical", "warning"}, r.Labels.Severity, r.Alert)
		for _, pair := range []string{"()", "{}", "[]"} {
			assert.Equal(t, strings.Count(r.Expr, pair[:1]), strings.Count(r.Expr, pair[1:]), "%s: %s", r.Alert, pair)
		}
		names := metric.FindAllString(r.Expr, -1)
		assert.NotEmpty(t, names, r.Alert)
		for _, name := range names {
			assert.True(t, name == "up" || kinds[family(name, kinds)] != "", "%s asks for %s", r.Alert, name)
		}
		for _, call := range grown.FindAllStringSubmatch(r.Expr, -1) {
			assert.Contains(t, []string{"counter", "histogram"}, kinds[family(call[1], kinds)], "%s: growth of %s", r.Alert, call[1])
		}
		assert.Equal(t, len(grown.FindAllString(r.Expr, -1)), strings.Count(r.Expr, "rate(")+strings.Count(r.Expr, "increase("), r.Alert)
		for _, m := range matcher.FindAllStringSubmatch(r.Expr, -1) {
			for value := range strings.SplitSeq(m[2], "|") {
				switch m[1] {
				case "job":
					assert.Equal(t, "memcachedsoap", value, r.Alert)
				case "type":
					assert.Contains(t, known, value, r.Alert)
				case "operation":
					assert.Contains(t, operations, value, r.Alert)
				case "reason":
					assert.Contains(t, []string{"none", "wrong", "malformed", "several", "delayed", "equal"}, value, r.Alert)
				default:
					assert.Fail(t, "unknown label", "%s: %s", r.Alert, m[0])
				}
			}
		}
	}
}

// family returns the name of the metric without the suffix of a histogram's series.
func family(name string, kinds map[string]string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, cut := strings.CutSuffix(name, suffix); cut && kinds[base] == "histogram" {
			return base
		}
	}
	return name
}

// docs/metrics.md lists every alert with its severity, in the order of the rules.
func TestEveryAlertIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var listed, want [][2]string
	for _, item := range regexp.MustCompile("(?m)^- `(MemcachedSOAP[A-Za-z]+)` \\(([a-z]+)\\): ").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, [2]string{item[1], item[2]})
	}
	for _, r := range rules(t) {
		want = append(want, [2]string{r.Alert, r.Labels.Severity})
	}
	assert.Equal(t, want, listed)
}

// The texts of alerts use only labels that their metrics have.
func TestAlertsSayWhatToDo(t *testing.T) {
	t.Parallel()
	format := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	functions := template.FuncMap{"humanize": format, "humanizePercentage": format, "humanizeDuration": format}
	for _, r := range rules(t) {
		labels := map[string]string{"job": "memcachedsoap", "instance": "here:9180"}
		if regexp.MustCompile(`_store_(breaker|server|pool|watch|index_complete|standby_state)`).MatchString(r.Expr) {
			labels["server"] = "cache:11211"
		}
		if strings.Contains(r.Expr, "_misplaced") {
			labels["tier"] = "from"
		}
		if strings.Contains(r.Expr, "_server_refused") || strings.Contains(r.Expr, "_denied_calls") {
			labels["reason"] = "proxy"
		}
		for _, text := range []string{r.Annotations.Summary, r.Annotations.Description} {
			// As Prometheus does before each text.
			made, err := template.New(r.Alert).Option("missingkey=error").Funcs(functions).
				Parse("{{ $labels := .Labels }}{{ $value := .Value }}" + text)
			require.NoError(t, err, r.Alert)
			var out strings.Builder
			require.NoError(t, made.Execute(&out, map[string]any{"Labels": labels, "Value": 1.0}), r.Alert)
			assert.NotEmpty(t, out.String(), r.Alert)
		}
		assert.Contains(t, r.Annotations.Summary, "$labels.instance", r.Alert)
	}
}

// The configuration scrapes with the job name that the rules use, and loads the
// rules.
func TestScrapeConfiguration(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(folder + "prometheus.yml")
	require.NoError(t, err)
	var config struct {
		RuleFiles     []string `yaml:"rule_files"`
		ScrapeConfigs []struct {
			JobName     string `yaml:"job_name"`
			MetricsPath string `yaml:"metrics_path"`
		} `yaml:"scrape_configs"`
	}
	require.NoError(t, yaml.Unmarshal(text, &config))
	require.Len(t, config.ScrapeConfigs, 1)
	assert.Equal(t, "memcachedsoap", config.ScrapeConfigs[0].JobName)
	assert.Empty(t, config.ScrapeConfigs[0].MetricsPath, "/metrics is the default of Prometheus")
	for _, name := range config.RuleFiles {
		assert.FileExists(t, folder+name)
	}
}
