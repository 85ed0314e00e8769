//go:build interop

package alerts

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// prometheus is a running Prometheus.
type prometheus struct {
	t   *testing.T
	url string
}

// startPrometheus starts Prometheus with the configuration and the rules that operators
// copy. It scrapes the targets each second, and alerts wait a second before they fire.
func startPrometheus(t *testing.T, manager *alertmanager, targets ...string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	config, err := os.ReadFile(deploy + "prometheus/prometheus.yml")
	require.NoError(t, err)
	list, err := json.Marshal(targets)
	require.NoError(t, err)
	text := strings.NewReplacer("15s", "1s", `["127.0.0.1:9180"]`, string(list), "127.0.0.1:9093", manager.address).Replace(string(config))
	require.Contains(t, text, targets[0])
	require.Contains(t, text, manager.address)
	rules, err := os.ReadFile(deploy + "prometheus/alerts.yml")
	require.NoError(t, err)
	rules = regexp.MustCompile(`(?m)^        for: \w+$`).ReplaceAll(rules, []byte("        for: 1s"))
	for name, content := range map[string]string{"prometheus.yml": text, "alerts.yml": string(rules)} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	p := start(t, "prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address=127.0.0.1:0")
	address := p.said(t, `msg="Listening on".* address=(\S+)`)
	p.said(t, `msg="(Server is ready)`)
	return &prometheus{t, "http://" + address}
}

// ask asks the API of Prometheus. It returns why it was refused, or "".
func (p *prometheus) ask(path string, query url.Values, into any) (refused string) {
	p.t.Helper()
	response, err := http.Get(p.url + "/api/v1/" + path + "?" + query.Encode())
	require.NoError(p.t, err)
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&answer))
	if answer.Status != "success" {
		return answer.Status + ": " + answer.Error
	}
	require.NoError(p.t, json.Unmarshal(answer.Data, into))
	return ""
}

// query evaluates an expression and returns the number of its series.
func (p *prometheus) query(expression string) (series int, refused string) {
	p.t.Helper()
	var data struct{ Result []json.RawMessage }
	refused = p.ask("query", url.Values{"query": {expression}}, &data)
	return len(data.Result), refused
}

// alertmanager is a running Alertmanager.
type alertmanager struct {
	t       *testing.T
	address string
}

// startAlertmanager starts Alertmanager with the configuration that operators copy. Its
// mails reach nobody.
func startAlertmanager(t *testing.T) *alertmanager {
	t.Helper()
	config, err := filepath.Abs(deploy + "prometheus/alertmanager.yml")
	require.NoError(t, err)
	p := start(t, "prometheus-alertmanager", "--config.file="+config, "--storage.path="+t.TempDir(),
		"--web.listen-address=127.0.0.1:0", "--cluster.listen-address=")
	return &alertmanager{t, p.said(t, `msg="Listening on".* address=(\S+)`)}
}

// inhibited says for each alert of these names whether it is not sent because of
// another one. Alerts that Alertmanager does not know are absent.
func (m *alertmanager) inhibited(names ...string) map[string]bool {
	m.t.Helper()
	response, err := http.Get("http://" + m.address + "/api/v2/alerts")
	require.NoError(m.t, err)
	defer response.Body.Close()
	var alerts []struct {
		Labels map[string]string
		Status struct{ InhibitedBy []string }
	}
	require.NoError(m.t, json.NewDecoder(response.Body).Decode(&alerts))
	found := map[string]bool{}
	for _, a := range alerts {
		if name := a.Labels["alertname"]; slices.Contains(names, name) {
			found[name] = found[name] || len(a.Status.InhibitedBy) > 0
		}
	}
	return found
}

// alert is an alert that is pending or fires.
type alert struct {
	Labels      map[string]string
	Annotations map[string]string
	State       string
}

// firing returns the alerts of these names that fire.
func (p *prometheus) firing(names ...string) (found []alert) {
	p.t.Helper()
	var data struct{ Alerts []alert }
	require.Empty(p.t, p.ask("alerts", nil, &data))
	for _, a := range data.Alerts {
		if a.State == "firing" && slices.Contains(names, a.Labels["alertname"]) {
			found = append(found, a)
		}
	}
	return found
}

// checkRules checks that Prometheus could evaluate all rules.
func (p *prometheus) checkRules() {
	p.t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	eventually(p.t, "all rules are evaluated", func() bool {
		require.Empty(p.t, p.ask("rules", nil, &data))
		for _, g := range data.Groups {
			for _, r := range g.Rules {
				if r.Health == "unknown" {
					return false
				}
			}
		}
		return len(data.Groups) > 0
	})
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			assert.Equal(p.t, "ok", r.Health, "%s: %s", r.Name, r.LastError)
		}
	}
}
