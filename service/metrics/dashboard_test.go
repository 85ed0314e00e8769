package metrics_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const grafana = "../../scripts/deploy/grafana/memcachedsoap.json"

// drawn is the used part of a panel of the dashboard.
type drawn struct {
	Title   string
	Panels  []drawn
	Targets []struct{ Expr string }
}

// expressions returns the expressions of all panels, by panel.
func expressions(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(grafana)
	require.NoError(t, err)
	var dashboard drawn
	require.NoError(t, json.Unmarshal(text, &dashboard))
	found := map[string][]string{}
	for rest := dashboard.Panels; len(rest) > 0; rest = rest[1:] {
		for _, target := range rest[0].Targets {
			found[rest[0].Title] = append(found[rest[0].Title], target.Expr)
		}
		rest = append(rest, rest[0].Panels...)
	}
	require.NotEmpty(t, found)
	return found
}

// Every metric of docs/metrics.md is on a panel of the dashboard, and every metric on a
// panel exists. Growth is shown of counters only, and counters only as growth.
func TestDashboardHasEveryMetric(t *testing.T) {
	t.Parallel()
	kinds := known(t)
	kinds["ALERTS"] = "gauge"
	shown := map[string]bool{}
	for title, list := range expressions(t) {
		for _, expression := range list {
			if strings.Contains(expression, "ALERTS{") {
				continue
			}
			for _, name := range checkMetrics(t, title, expression, kinds) {
				shown[name] = true
				grows := strings.Contains(expression, "rate("+name)
				assert.Equal(t, kinds[name] == "counter" || kinds[name] == "histogram", grows, "%s: %s, a %s", title, name, kinds[name])
			}
		}
	}
	for name := range documented(t) {
		assert.True(t, shown[name], "%s is on no panel of the dashboard: add it to scripts/test/dashboard/panels.yaml and run \"make generate\"", name)
	}
}
