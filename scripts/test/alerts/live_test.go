//go:build interop

package alerts

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
)

// estate is a service with a standby, and the replicator of both pools.
type estate struct {
	origin, standby     *memcachedtest.Server
	service, replicator *process
	endpoint            string
	metrics             []string // the addresses of both
}

func startEstate(t *testing.T) *estate {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	key, err := exec.Command(program, "encrypt-key").Output()
	require.NoError(t, err)
	e := &estate{origin: memcachedtest.Start(t), standby: memcachedtest.Start(t)}
	common := []string{"--metrics-listen=127.0.0.1:0", "--log-format=json"}
	e.replicator = start(t, program, append([]string{"replicate", "--from=" + e.origin.Addr, "--to=" + e.standby.Addr, "--two-way"}, common...)...)
	e.service = start(t, program, append([]string{
		"serve", "--listen=127.0.0.1:0", "--servers=" + e.origin.Addr, "--standby=" + e.standby.Addr,
		"--local=memory:4MiB", "--principal=uid", "--lemonldap", "--session-idle=3600",
		"--encrypt-key-file=" + file("keys", string(key)), "--audit-log=" + filepath.Join(dir, "audit.log"),
		"--auth-file=" + file("callers.yaml", `callers: [{name: all, roles: [read, write, delete, find, stats], addresses: ["127.0.0.0/8"]}]`),
	}, common...)...)
	e.endpoint = "http://" + e.service.said(t, `"msg":"listening","address":"([^"]+)"`) + "/soap"
	for _, p := range []*process{e.service, e.replicator} {
		e.metrics = append(e.metrics, p.said(t, `"msg":"metrics","address":"([^"]+)"`))
	}
	return e
}

// call calls an operation of the service. The answer may be a fault.
func (e *estate) call(t *testing.T, operation, body string) {
	t.Helper()
	response, err := http.Post(e.endpoint, "text/xml", strings.NewReader(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><`+
		operation+` xmlns="`+wsdl.Namespace+`">`+body+`</`+operation+`></e:Body></e:Envelope>`))
	require.NoError(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
}

// exported returns what the service and the replicator export.
func (e *estate) exported(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, address := range e.metrics {
		response, err := http.Get("http://" + address + "/metrics")
		require.NoError(t, err)
		_, err = io.Copy(&all, response.Body)
		require.NoError(t, err)
		response.Body.Close()
	}
	return all.String()
}

// The names and the help of the metrics are as Prometheus advises.
func TestPromtoolChecksTheMetrics(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	for _, address := range e.metrics {
		response, err := http.Get("http://" + address + "/metrics")
		require.NoError(t, err)
		defer response.Body.Close()
		cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
		cmd.Stdin = response.Body
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Empty(t, string(out))
	}
}

// A real Prometheus evaluates every rule and every expression of the dashboard. It
// fires the alerts when a memcached is killed, and ends them when it is back.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	e := startEstate(t)
	manager := startAlertmanager(t)
	p := startPrometheus(t, manager, e.metrics...)
	p.checkRules()
	dead := []string{"MemcachedSOAPBreakerOpen", "MemcachedSOAPWatchDown", "MemcachedSOAPStandbyNotEqual", "MemcachedSOAPReplicationBehind"}
	eventually(t, "the pools are equal and calls are counted", func() bool {
		e.call(t, "setSession", `<id>c0ffee</id><attributes><entry><key>uid</key><value>dwho</value></entry></attributes><ttl>600</ttl><updateOnly>false</updateOnly>`)
		e.call(t, "getSession", `<id>c0ffee</id>`)
		equal, _ := p.query(`memcachedsoap_store_standby_state{reason="equal"} == 1`)
		counted, _ := p.query(`rate(process_cpu_seconds_total[1m]) and on (instance) changes(memcachedsoap_audit_lines_total[1m]) > 0`)
		return equal == 2 && counted == 1 && len(p.firing(dead...)) == 0
	})
	checkDashboard(t, e, p)

	e.origin.Kill()
	for _, name := range dead {
		eventually(t, name+" fires", func() bool { return len(p.firing(name)) > 0 })
	}
	eventually(t, "the circuit breaker alone is sent", func() bool {
		inhibited := manager.inhibited("MemcachedSOAPBreakerOpen", "MemcachedSOAPWatchDown", "MemcachedSOAPStandbyNotEqual")
		return maps.Equal(inhibited, map[string]bool{
			"MemcachedSOAPBreakerOpen": false, "MemcachedSOAPWatchDown": true, "MemcachedSOAPStandbyNotEqual": true,
		})
	})
	open := p.firing("MemcachedSOAPBreakerOpen")
	require.NotEmpty(t, open)
	assert.Equal(t, e.origin.Addr, open[0].Labels["server"])
	assert.Contains(t, open[0].Annotations["summary"], e.origin.Addr)
	assert.Equal(t, "https://docs.example.com/memcachedsoap/runbook.md#memcachedsoapbreakeropen", open[0].Annotations["runbook_url"])

	e.origin.Restart()
	eventually(t, "the alerts of the dead memcached end", func() bool { return len(p.firing(dead...)) == 0 })

	e.service.kill()
	eventually(t, "the dead instance is reported", func() bool {
		return slices.ContainsFunc(p.firing("MemcachedSOAPDown"), func(a alert) bool { return a.Labels["instance"] == e.metrics[0] })
	})
}

// checkDashboard checks that Prometheus evaluates each expression of the dashboard, and
// finds series if the estate exports the metric.
func checkDashboard(t *testing.T, e *estate, p *prometheus) {
	t.Helper()
	type panel struct {
		Title   string
		Panels  []panel
		Targets []struct{ Expr string }
	}
	text, err := os.ReadFile(deploy + "grafana/memcachedsoap.json")
	require.NoError(t, err)
	var dashboard panel
	require.NoError(t, json.Unmarshal(text, &dashboard))
	chosen := strings.NewReplacer("$job", "memcachedsoap", "$instance", ".+", "$__rate_interval", "1m")
	metric := regexp.MustCompile(`\b(?:memcachedsoap|go|process)_\w+`)
	exported, asked := e.exported(t), 0
	for rest := dashboard.Panels; len(rest) > 0; rest = rest[1:] {
		for _, target := range rest[0].Targets {
			asked++
			has := !strings.Contains(target.Expr, "certificate_end_time") // +Inf without TLS
			for _, name := range metric.FindAllString(target.Expr, -1) {
				has = has && strings.Contains(exported, "\n"+name)
			}
			eventually(t, rest[0].Title+": series of "+target.Expr, func() bool {
				series, refused := p.query(chosen.Replace(target.Expr))
				require.Empty(t, refused, "%s: %s", rest[0].Title, target.Expr)
				return series > 0 || !has
			})
		}
		rest = append(rest, rest[0].Panels...)
	}
	assert.Greater(t, asked, 150)
}
