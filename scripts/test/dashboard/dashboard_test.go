package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const file = "../../deploy/grafana/memcachedsoap.json"

func read(t *testing.T) (text []byte, d dashboard) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&d))
	return text, d
}

// The dashboard is what panels.yaml says.
func TestDashboardIsGenerated(t *testing.T) {
	t.Parallel()
	text, _ := read(t)
	var want bytes.Buffer
	require.NoError(t, write(&want, panelsText))
	assert.Equal(t, want.String(), string(text), `panels.yaml has changed: run "make generate"`)
}

// all returns the panels of a dashboard, those of closed rows, too.
func all(d dashboard) (panels []panel) {
	for _, p := range d.Panels {
		panels = append(append(panels, p), p.Panels...)
	}
	return panels
}

// Every panel has an id and a title of its own, and says what it shows, in which unit.
func TestPanels(t *testing.T) {
	t.Parallel()
	_, d := read(t)
	ids, titles := map[int]bool{}, map[string]bool{}
	for _, p := range all(d) {
		assert.Positive(t, p.ID)
		assert.False(t, ids[p.ID], "%d is there twice", p.ID)
		assert.False(t, titles[p.Title], "%s is there twice", p.Title)
		ids[p.ID], titles[p.Title] = true, true
		if p.Type == "row" {
			continue
		}
		assert.True(t, strings.HasSuffix(p.Description, "."), "%s: the description is a sentence", p.Title)
		assert.Contains(t, []string{"none", "s", "bytes", "Bps", "reqps", "ops", "percentunit"}, p.FieldConfig.Defaults.Unit, p.Title)
		assert.Equal(t, "${datasource}", p.Datasource.UID, p.Title)
		assert.NotEmpty(t, p.Targets, p.Title)
		references := map[string]bool{}
		for _, q := range p.Targets {
			assert.False(t, references[q.RefID], "%s: %s is there twice", p.Title, q.RefID)
			references[q.RefID] = true
			assert.Equal(t, "${datasource}", q.Datasource.UID, p.Title)
			assert.NotEmpty(t, q.LegendFormat, p.Title)
		}
	}
}

// No panel lies on another one or beside the grid, and none leaves a gap above it.
func TestGrid(t *testing.T) {
	t.Parallel()
	_, d := read(t)
	check := func(panels []panel, top int) {
		taken := map[[2]int]string{}
		for _, p := range panels {
			g := p.GridPos
			assert.True(t, g.X >= 0 && g.Y >= top && g.W > 0 && g.H > 0 && g.X+g.W <= columns, "%s: %+v", p.Title, g)
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					assert.Empty(t, taken[[2]int{x, y}], "%s lies on it", p.Title)
					taken[[2]int{x, y}] = p.Title
				}
			}
			assert.True(t, g.Y == top || taken[[2]int{g.X, g.Y - 1}] != "", "a gap is above %s", p.Title)
		}
	}
	check(d.Panels, 0)
	for _, p := range d.Panels {
		if p.Type == "row" {
			assert.Equal(t, *p.Collapsed, len(p.Panels) > 0, "%s: a closed row has its panels", p.Title)
			check(p.Panels, p.GridPos.Y+1)
		}
	}
}

// Every expression asks for the chosen job and, unless it is about alerts, for the
// chosen instances, with variables that exist.
func TestVariables(t *testing.T) {
	t.Parallel()
	text, d := read(t)
	names := []string{"__rate_interval"}
	for _, v := range d.Templating.List {
		names = append(names, v.Name)
	}
	for _, used := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(string(text), -1) {
		assert.Contains(t, names, used[1])
	}
	for _, p := range all(d) {
		for _, q := range p.Targets {
			selectors := regexp.MustCompile(`(\w+)(\{[^}]*\})?(?:\[\$__rate_interval\])?`).FindAllStringSubmatch(q.Expr, -1)
			for _, s := range selectors {
				switch {
				case s[1] == "ALERTS":
					assert.Contains(t, s[2], `{job=~"$job"`, p.Title)
				case s[2] != "" || regexp.MustCompile(`^(up$|memcachedsoap_|go_|process_)`).MatchString(s[1]):
					assert.Contains(t, s[2], `{job=~"$job",instance=~"$instance"`, "%s: %s", p.Title, s[1])
				}
			}
		}
	}
}

// A mistake in panels.yaml is reported with its panel.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`[{row: r, panel: []}]`: "field panel not found",
		`[{row: r, panels: [{title: t, unit: s, gauges: [{up: ''}]}]}]`:                                                              "t: a panel needs title, about and unit",
		`[{row: r, panels: [{title: t, about: a, unit: s}]}]`:                                                                        "t: a panel needs counters, gauges or show",
		`[{row: r, panels: [{title: t, about: a, unit: s, draw: pie, gauges: [{up: ''}]}]}]`:                                         "t: draw is stat, stack, state or heatmap",
		`[{row: r, panels: [{title: t, about: a, unit: s, good: 1, gauges: [{up: ''}]}]}]`:                                           "t: a state, and nothing else",
		`[{row: r, panels: [{title: t, about: a, unit: s, width: 25, gauges: [{up: ''}]}]}]`:                                         "t: width is at most 24",
		`[{row: r, panels: [{title: t, about: a, unit: s, gauges: [{up: ''}]}, {title: t, about: a, unit: s, gauges: [{up: ''}]}]}]`: "two panels",
	} {
		assert.ErrorContains(t, write(&bytes.Buffer{}, []byte(text)), want, text)
	}
}
