//go:build interop

package alerts

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// deploy has what operators copy.
const deploy = "../../deploy/"

// example is a course of metrics and when an alert fires in it.
type example struct {
	Alert         string
	Series        map[string]string
	Silent, Fires []int // minutes
	Labels        map[string]string
}

// rule is an alert of alerts.yml.
type rule struct {
	Alert, Expr string
	Labels      map[string]string
}

func alertRules(t *testing.T) (alerts []rule) {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []rule }
	}
	read(t, deploy+"prometheus/alerts.yml", &file)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" {
				alerts = append(alerts, r)
			}
		}
	}
	require.NotEmpty(t, alerts)
	return alerts
}

// groupNames returns the groups of alerts.yml. promtool evaluates them in any order
// otherwise, and an alert may see what a recording rule kept a minute before.
func groupNames(t *testing.T) (names []string) {
	t.Helper()
	var file struct{ Groups []struct{ Name string } }
	read(t, deploy+"prometheus/alerts.yml", &file)
	for _, g := range file.Groups {
		names = append(names, g.Name)
	}
	return names
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into), file)
}

// promtool's format of tests of rules.
type (
	toolFile struct {
		RuleFiles          []string    `yaml:"rule_files"`
		EvaluationInterval string      `yaml:"evaluation_interval"`
		GroupEvalOrder     []string    `yaml:"group_eval_order"`
		Tests              []toolGroup `yaml:"tests"`
	}
	toolGroup struct {
		Interval    string       `yaml:"interval"`
		Series      []toolSeries `yaml:"input_series"`
		Expressions []toolExpr   `yaml:"promql_expr_test"`
	}
	toolSeries struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	toolExpr struct {
		Expr    string       `yaml:"expr"`
		Time    string       `yaml:"eval_time"`
		Samples []toolSample `yaml:"exp_samples"`
	}
	toolSample struct {
		Labels string `yaml:"labels"`
		Value  int    `yaml:"value"`
	}
)

// full writes out what the test data abbreviate.
func full(labels string) string {
	return strings.Replace(labels, "@", `job="memcachedsoap",instance="a:9180"`, 1)
}

// infinite finds what promtool 2.42 does not take: a repeated infinity.
var infinite = regexp.MustCompile(`\+Infx\d+`)

// promtool tests the alerts in a course of metrics. Of want it expects the samples at
// each minute.
func promtool(t *testing.T, series map[string]string, expression string, want map[int][]toolSample) {
	t.Helper()
	rules, err := filepath.Abs(deploy + "prometheus/alerts.yml")
	require.NoError(t, err)
	group := toolGroup{Interval: "1m"}
	for _, name := range slices.Sorted(maps.Keys(series)) {
		values := infinite.ReplaceAllStringFunc(series[name], func(repeated string) string {
			times, _ := strconv.Atoi(repeated[len("+Infx"):]) // only digits
			return strings.TrimSpace(strings.Repeat("+Inf ", times+1))
		})
		group.Series = append(group.Series, toolSeries{full(name), values})
	}
	for _, minute := range slices.Sorted(maps.Keys(want)) {
		group.Expressions = append(group.Expressions, toolExpr{expression, strconv.Itoa(minute) + "m", want[minute]})
	}
	text, err := yaml.Marshal(toolFile{[]string{rules}, "1m", groupNames(t), []toolGroup{group}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "test.yml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	out, err := exec.CommandContext(t.Context(), "promtool", "test", "rules", file).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

func TestPromtoolChecksTheRules(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "promtool", "check", "rules", "--lint=all", "--lint-fatal", deploy+"prometheus/alerts.yml").CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.CommandContext(t.Context(), "promtool", "check", "config", deploy+"prometheus/prometheus.yml").CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.CommandContext(t.Context(), "amtool", "check-config", deploy+"prometheus/alertmanager.yml").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// Each alert fires when what it reports has lasted, and only then, with its labels.
func TestAlertsFire(t *testing.T) {
	t.Parallel()
	var examples []example
	read(t, "testdata/cases.yaml", &examples)
	severities, left := map[string]string{}, map[string]bool{}
	for _, r := range alertRules(t) {
		severities[r.Alert], left[r.Alert] = r.Labels["severity"], true
	}
	for i, e := range examples {
		require.Contains(t, severities, e.Alert)
		delete(left, e.Alert)
		t.Run(fmt.Sprintf("%s_%d", e.Alert, i), func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, e.Fires)
			require.NotEmpty(t, e.Silent)
			labels := map[string]string{"job": "memcachedsoap", "instance": "a:9180"}
			if e.Labels["job"] != "" {
				labels = map[string]string{}
			}
			maps.Copy(labels, e.Labels)
			maps.Copy(labels, map[string]string{"alertname": e.Alert, "alertstate": "firing", "severity": severities[e.Alert]})
			var pairs []string
			for name, value := range labels {
				pairs = append(pairs, fmt.Sprintf("%s=%q", name, value))
			}
			want := map[int][]toolSample{}
			for _, minute := range e.Silent {
				want[minute] = nil
			}
			for _, minute := range e.Fires {
				want[minute] = []toolSample{{"ALERTS{" + strings.Join(pairs, ",") + "}", 1}}
			}
			promtool(t, e.Series, fmt.Sprintf("ALERTS{alertname=%q,alertstate=\"firing\"}", e.Alert), want)
		})
	}
	assert.Empty(t, left, "testdata/cases.yaml has a case for each alert")
}

// Each recording rule keeps what its name says. The values are in thousandths.
func TestRecordingRules(t *testing.T) {
	t.Parallel()
	var course struct {
		Series map[string]string
		Want   map[string]map[string]int // by rule and labels
	}
	read(t, "testdata/recorded.yaml", &course)
	var file struct {
		Groups []struct{ Rules []struct{ Record string } }
	}
	read(t, deploy+"prometheus/alerts.yml", &file)
	for _, r := range file.Groups[0].Rules {
		assert.Contains(t, course.Want, r.Record, "testdata/recorded.yaml")
	}
	for record, values := range course.Want {
		var samples []toolSample
		for labels, value := range values {
			samples = append(samples, toolSample{"{" + full(labels) + "}", value})
		}
		want := map[int][]toolSample{10: samples}
		if strings.Contains(record, ":ratio_") {
			want[30] = nil
		}
		promtool(t, course.Series, "round(1000 * "+record+")", want)
	}
}

// everyMinutes are minutes at which a test looks, none of them expected to have a
// sample.
func everyMinutes(last int) map[int][]toolSample {
	want := map[int][]toolSample{}
	for minute := 1; minute <= last; minute++ {
		want[minute] = nil
	}
	return want
}

const firing = `ALERTS{alertstate="firing"}`

// A healthy service has no alert, also after a restart.
func TestNoAlertOfAHealthyService(t *testing.T) {
	t.Parallel()
	var healthy map[string]string
	read(t, "testdata/healthy.yaml", &healthy)
	var names []string
	for series := range healthy {
		names = append(names, series[:strings.IndexByte(series, '{')])
	}
	metric := regexp.MustCompile(`[\w:]*\b(?:memcachedsoap|process)_\w+`)
	for _, r := range alertRules(t) {
		for _, name := range metric.FindAllString(r.Expr, -1) {
			recorded := strings.Contains(name, ":")
			assert.True(t, recorded || slices.Contains(names, name), "testdata/healthy.yaml lacks %s, which %s asks for", name, r.Alert)
		}
	}
	promtool(t, healthy, firing, everyMinutes(175))
}

// An instance whose other metrics are absent, because it does not use those parts, has
// no alert.
func TestNoAlertOfAbsentMetrics(t *testing.T) {
	t.Parallel()
	promtool(t, map[string]string{"up{@}": "1x180", "memcachedsoap_start_time_seconds{@}": "100x180"}, firing, everyMinutes(175))
}

// A Prometheus without any instance says so.
func TestNothingIsScraped(t *testing.T) {
	t.Parallel()
	promtool(t, map[string]string{`up{job="other"}`: "1x30"}, firing, map[int][]toolSample{
		3:  nil,
		10: {{`ALERTS{alertname="MemcachedSOAPAbsent",alertstate="firing",job="memcachedsoap",severity="critical"}`, 1}},
	})
}
