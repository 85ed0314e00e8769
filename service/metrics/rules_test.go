package metrics_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/document"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/rpc"
)

const (
	folder  = "../../scripts/deploy/prometheus/"
	runbook = "../../docs/runbook.md"
)

// ruleFile is the used part of Prometheus's format of rules.
type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

// rule is an alert, or a recording rule.
type rule struct {
	Alert, Record string
	Expr          string
	For           time.Duration
	Labels        struct{ Severity string }
	Annotations   struct {
		Summary, Description string
		RunbookURL           string `yaml:"runbook_url"`
	}
}

// rules returns the alerts and the recording rules of alerts.yml, in their order.
func rules(t *testing.T) (alerts, recorded []rule) {
	t.Helper()
	text, err := os.ReadFile(folder + "alerts.yml")
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var file ruleFile
	require.NoError(t, decoder.Decode(&file))
	for _, g := range file.Groups {
		assert.NotEmpty(t, g.Rules, g.Name)
		for _, r := range g.Rules {
			assert.NotEqual(t, r.Alert == "", r.Record == "", "%s%s", r.Alert, r.Record)
			if r.Record != "" {
				assert.Equal(t, "memcachedsoap-recording", g.Name, r.Record)
				recorded = append(recorded, r)
			} else {
				alerts = append(alerts, r)
			}
		}
	}
	require.NotEmpty(t, alerts)
	require.NotEmpty(t, recorded)
	return alerts, recorded
}

var (
	metricName = regexp.MustCompile(`\b(?:job\w*:)?(?:memcachedsoap|go|process)_\w+(?::\w+)?|\bup\b`)
	// grown finds the rates of counters.
	grown = regexp.MustCompile(`\b(?:rate|increase)\((\w+)(?:\{[^}]*\})?\[(?:\d+[mh]|\$__rate_interval)\]\)`)
)

// checkMetrics checks that an expression uses existing metrics, and rates of counters
// only. It returns the names of the metrics without the suffixes of histograms.
func checkMetrics(t *testing.T, where, expression string, kinds map[string]string) (names []string) {
	t.Helper()
	for _, pair := range []string{"()", "{}", "[]"} {
		assert.Equal(t, strings.Count(expression, pair[:1]), strings.Count(expression, pair[1:]), "%s: %s", where, pair)
	}
	for _, name := range metricName.FindAllString(expression, -1) {
		name = family(name, kinds)
		names = append(names, name)
		assert.NotEmpty(t, kinds[name], "%s asks for %s, which is no metric of %s", where, name, page)
	}
	assert.NotEmpty(t, names, where)
	calls := grown.FindAllStringSubmatch(expression, -1)
	for _, call := range calls {
		name := family(call[1], kinds)
		counts := slices.Contains([]string{"counter", "histogram"}, kinds[name]) || strings.HasSuffix(name, "_seconds_count")
		assert.True(t, counts, "%s: growth of %s, a %s", where, name, kinds[name])
	}
	assert.Len(t, calls, strings.Count(expression, "rate(")+strings.Count(expression, "increase("), where)
	return names
}

// family returns the name of the metric without the suffix of a histogram's or a
// summary's series.
func family(name string, kinds map[string]string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, cut := strings.CutSuffix(name, suffix); cut && slices.Contains([]string{"histogram", "summary"}, kinds[base]) {
			return base
		}
	}
	return name
}

// known returns the kinds of all metrics and recorded series by name: those of the
// page, of the Go runtime and the process, and those that Prometheus makes itself.
func known(t *testing.T) map[string]string {
	t.Helper()
	kinds := documented(t)
	for name, kind := range exported(t) {
		if kinds[name] == "" {
			kinds[name] = kind
		}
	}
	_, recorded := rules(t)
	for _, r := range recorded {
		kinds[r.Record] = "gauge"
	}
	kinds["up"] = "gauge"
	return kinds
}

// Every rule uses existing metrics with existing labels, and rates of counters only.
func TestRulesUseExistingMetrics(t *testing.T) {
	t.Parallel()
	kinds := known(t)
	counters := service.NewCounters("1")
	dialect.Observer(counters)
	faults := counters.Snapshot().Faults
	operations := slices.Concat(document.Operations(), lemonldap.Operations(), rpc.Operations())
	matcher := regexp.MustCompile(`(\w+)=~?"([^"]*)"`)
	alerts, recorded := rules(t)
	for _, r := range slices.Concat(alerts, recorded) {
		name := r.Alert + r.Record
		checkMetrics(t, name, r.Expr, kinds)
		for _, m := range matcher.FindAllStringSubmatch(r.Expr, -1) {
			for value := range strings.SplitSeq(m[2], "|") {
				switch m[1] {
				case "job":
					assert.Equal(t, "memcachedsoap", value, name)
				case "type":
					assert.Contains(t, faults, value, name)
				case "operation":
					assert.Contains(t, operations, value, name)
				case "reason":
					assert.Contains(t, []string{"none", "wrong", "malformed", "several", "delayed", "expired", "replayed", "nonces", "equal"}, value, name)
				case "tier":
					assert.Equal(t, "principal", value, name)
				default:
					assert.Fail(t, "unknown label", "%s: %s", name, m[0])
				}
			}
		}
	}
}

// Alerts and recorded series have the names that Prometheus advises, each once.
func TestNamesOfRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	alerts, recorded := rules(t)
	for _, r := range alerts {
		assert.Regexp(t, `^MemcachedSOAP[A-Z]\w+$`, r.Alert)
		assert.False(t, seen[r.Alert], "%s is there twice", r.Alert)
		seen[r.Alert] = true
		assert.Contains(t, []string{"critical", "warning"}, r.Labels.Severity, r.Alert)
	}
	for _, r := range recorded {
		assert.Regexp(t, `^job(_instance|_operation)?:memcachedsoap_\w+:\w+5m$`, r.Record)
		assert.False(t, seen[r.Record], "%s is there twice", r.Record)
		seen[r.Record] = true
	}
}

// docs/metrics.md lists every recording rule, in the order of the file.
func TestEveryRecordingRuleIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var listed, want []string
	for _, item := range regexp.MustCompile("(?m)^- `(job\\w*:[\\w:]+)`: ").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, item[1])
	}
	_, recorded := rules(t)
	for _, r := range recorded {
		want = append(want, r.Record)
	}
	assert.Equal(t, want, listed)
}

// section is the section of an alert in the runbook.
type section struct{ alert, severity, text string }

func sections(t *testing.T) []section {
	t.Helper()
	text, err := os.ReadFile(runbook)
	require.NoError(t, err)
	heading := regexp.MustCompile(`(?m)^### (MemcachedSOAP\w+)\n\n(Critical|Warning)\. `)
	at := heading.FindAllSubmatchIndex(text, -1)
	assert.Len(t, at, strings.Count(string(text), "\n### "), "each section begins with the severity of its alert")
	found := make([]section, len(at))
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		found[i] = section{string(text[m[2]:m[3]]), strings.ToLower(string(text[m[4]:m[5]])), string(text[m[1]:end])}
	}
	return found
}

// The runbook has a section for every alert, in the order of the rules, and for no
// other. It says what the alert means, where to look and what to do. The link of the
// alert leads there.
func TestEveryAlertHasItsSectionOfTheRunbook(t *testing.T) {
	t.Parallel()
	alerts, _ := rules(t)
	var listed, want [][2]string
	for _, s := range sections(t) {
		listed = append(listed, [2]string{s.alert, s.severity})
		assert.Equal(t, 1, strings.Count(s.text, "\n- **Look:** "), "%s: where to look", s.alert)
		assert.Equal(t, 1, strings.Count(s.text, "\n- **Do:** "), "%s: what to do", s.alert)
	}
	for _, r := range alerts {
		want = append(want, [2]string{r.Alert, r.Labels.Severity})
		assert.Equal(t, "https://docs.example.com/memcachedsoap/runbook.md#"+strings.ToLower(r.Alert), r.Annotations.RunbookURL, r.Alert)
	}
	assert.Equal(t, want, listed)
}

// What the log says, as the runbook and the alerts quote it, is in the code.
func TestRunbookQuotesTheLog(t *testing.T) {
	t.Parallel()
	var code strings.Builder
	for _, top := range []string{"cmd", "service", "sessionstore"} {
		root := "../../" + top
		require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			code.Write(text)
			return err
		}))
	}
	text, err := os.ReadFile(runbook)
	require.NoError(t, err)
	var texts strings.Builder
	texts.Write(text)
	alerts, _ := rules(t)
	for _, r := range alerts {
		texts.WriteString(r.Annotations.Description + "\n\n")
	}
	said := regexp.MustCompile("\\b(?:log(?: then)?|it)\\s+says((?:,?(?:\\s+or)?\\s+`[^`]+`)+)").FindAllStringSubmatch(texts.String(), -1)
	require.Greater(t, len(said), 20)
	for _, m := range said {
		for _, quote := range regexp.MustCompile("`[^`]+`").FindAllString(m[1], -1) {
			message := strings.Join(strings.Fields(strings.Trim(quote, "`")), " ")
			assert.Contains(t, code.String(), `"`+message, "the log never says it")
		}
	}
}

// labels returns the labels of each alert. make alerts tests with promtool that the
// alerts have them.
func labels(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../scripts/test/alerts/testdata/cases.yaml")
	require.NoError(t, err)
	var cases []struct {
		Alert  string
		Labels map[string]string
	}
	require.NoError(t, yaml.Unmarshal(text, &cases))
	found := map[string]map[string]string{}
	for _, c := range cases {
		of := map[string]string{"job": "memcachedsoap", "instance": "here:9180"}
		if c.Labels["job"] != "" {
			delete(of, "instance")
		}
		maps.Copy(of, c.Labels)
		found[c.Alert] = of
	}
	return found
}

// The texts of alerts use only labels that their metrics have. Alerts of single
// instances name the instance.
func TestAlertsSayWhatToDo(t *testing.T) {
	t.Parallel()
	format := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	functions := template.FuncMap{"humanize": format, "humanizePercentage": format, "humanizeDuration": format}
	known := labels(t)
	alerts, _ := rules(t)
	for _, r := range alerts {
		require.NotNil(t, known[r.Alert], "scripts/test/alerts/testdata/cases.yaml has no case of %s", r.Alert)
		for _, text := range []string{r.Annotations.Summary, r.Annotations.Description} {
			// As Prometheus does before each text.
			made, err := template.New(r.Alert).Option("missingkey=error").Funcs(functions).
				Parse("{{ $labels := .Labels }}{{ $value := .Value }}" + text)
			require.NoError(t, err, r.Alert)
			var out strings.Builder
			require.NoError(t, made.Execute(&out, map[string]any{"Labels": known[r.Alert], "Value": 1.0}), r.Alert)
			assert.NotEmpty(t, out.String(), r.Alert)
		}
		assert.Equal(t, known[r.Alert]["instance"] != "", strings.Contains(r.Annotations.Summary, "$labels.instance"), r.Alert)
	}
}

// Alertmanager's configuration names alerts that exist, and never holds back what
// another alert waits for.
func TestInhibitions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(folder + "alertmanager.yml")
	require.NoError(t, err)
	var names []string
	alerts, _ := rules(t)
	for _, r := range alerts {
		names = append(names, r.Alert)
	}
	sources, targets := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		for _, name := range regexp.MustCompile(`MemcachedSOAP\w+`).FindAllString(line, -1) {
			assert.Contains(t, names, name)
			if strings.Contains(line, "source_matchers") {
				sources[name] = true
			} else {
				targets[name] = true
			}
		}
	}
	assert.NotEmpty(t, sources)
	for name := range targets {
		assert.NotContains(t, sources, name)
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
