package live

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// callsOf returns the chart of the calls.
func callsOf(t *testing.T, state State) Chart {
	t.Helper()
	require.Equal(t, "calls", state.Charts[0].Name)
	return state.Charts[0]
}

// What was not sampled is a gap: of the line, of the table, and of the windows.
func TestGap(t *testing.T) {
	t.Parallel()
	s := newSampled()
	for range 12 {
		s.calls(50, "getSession", "", time.Millisecond)
		s.tick(t, sampleEvery)
	}
	s.calls(5000, "getSession", "", time.Millisecond)
	state := s.tick(t, 15*time.Minute) // the process has stood still
	assert.Equal(t, "–", state.Calls)
	assert.Equal(t, "since the first sample", state.Window)
	chart := callsOf(t, state)
	assert.Equal(t, "10.0", chart.Top, "the calls of the gap are no rate")
	assert.Equal(t, unknown, chart.Lines[0].Last)
	for range 12 {
		s.calls(100, "getSession", "", time.Millisecond)
		state = s.tick(t, sampleEvery)
	}
	chart = callsOf(t, state)
	assert.Equal(t, 2, strings.Count(chart.Lines[0].Path, "M"), chart.Lines[0].Path)
	assert.Equal(t, "20.0", chart.Top)
	values := []string{}
	for _, row := range chart.Rows {
		values = append(values, row.Values...)
	}
	assert.Equal(t, []string{"20.0", "–", "–", "10.0", "–"}, values[:5])
	assert.Len(t, chart.Rows, 12)
	assert.Equal(t, "0 to 5 minutes ago", chart.Rows[0].When)
	assert.Equal(t, "55 to 60 minutes ago", chart.Rows[11].When)
	assert.Equal(t, "171", chart.Began, "the process began 17 minutes ago")
}

// A clock that is set back is a gap, not calls of the future.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	s := newSampled()
	for range 5 {
		s.calls(50, "getSession", "", time.Millisecond)
		s.tick(t, sampleEvery)
	}
	state := s.tick(t, -10*time.Minute)
	assert.Empty(t, callsOf(t, state).Lines[0].Path)
	s.calls(50, "getSession", "", time.Millisecond)
	state = s.tick(t, sampleEvery)
	assert.Equal(t, "10.0", callsOf(t, state).Lines[0].Last)
	assert.Equal(t, 2, s.points.len(), "what was sampled in the future is forgotten")
	assert.Regexp(t, `^M239 [0-9.]+h\.1$`, callsOf(t, state).Lines[0].Path)
}

// The charts keep an hour, and a start before it has no mark.
func TestHour(t *testing.T) {
	t.Parallel()
	s := newSampled()
	var state State
	for range 3 * 720 {
		s.calls(1, "getSession", "", time.Millisecond)
		state = s.tick(t, sampleEvery)
	}
	assert.Equal(t, 720, s.points.len())
	assert.Len(t, s.points.kept, 720)
	chart := callsOf(t, state)
	assert.Empty(t, chart.Began)
	assert.Equal(t, columns-1, strings.Count(chart.Lines[0].Path, "L"))
}

// A chart shows the sample of a column that matters most.
func TestWorstOfAColumn(t *testing.T) {
	t.Parallel()
	points := newRing[point](10)
	for i, value := range []float64{0.5, math.NaN(), 0.25, 0.75} {
		p := noPoint(noon.Add(time.Duration(i) * time.Second))
		p.values[callRate] = float32(value)
		points.add(p)
	}
	assert.InDelta(t, 0.75, curveOf(&points, callRate, false, noon)[columns-1], 1e-6)
	assert.InDelta(t, 0.25, curveOf(&points, callRate, true, noon)[columns-1], 1e-6)
	c := curveOf(&points, callRate, true, noon.Add(time.Minute))
	assert.InDelta(t, 0.25, c[columns-5], 1e-6)
	assert.True(t, math.IsNaN(c.worst(columns-4, columns, true)))
	assert.InDelta(t, 0.25, c.worst(0, columns, true), 1e-6)
}

var pathForm = regexp.MustCompile(`^(M\d+ \d+\.\dh\.1|L\d+ \d+\.\d)*$`)

// A path stays in its image, whatever the values are.
func TestPath(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		points := newRing[point](100)
		for range rapid.IntRange(0, 100).Draw(t, "points") {
			p := noPoint(noon.Add(time.Duration(rapid.Int64Range(-4000, 100).Draw(t, "at")) * time.Second))
			p.values[highTime] = float32(rapid.OneOf(rapid.Float64Min(0), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 0})).Draw(t, "value"))
			points.add(p)
		}
		plan := chartPlan{name: "x", series: []int{highTime}, names: []string{"x"}, format: duration}
		chart := plan.chart(&points, noon, noon)
		path := chart.Lines[0].Path
		require.Regexp(t, pathForm, path)
		for _, number := range regexp.MustCompile(`\d+ (\d+\.\d)`).FindAllStringSubmatch(path, -1) {
			y, err := strconv.ParseFloat(number[1], 64)
			require.NoError(t, err)
			require.LessOrEqual(t, y, float64(chartHeight))
		}
	})
	for value, want := range map[float64]float64{0: 1, 0.013: 0.02, 1: 1, 2: 2, 2.1: 3, 7: 8, 9: 10, 10: 10, math.Inf(1): 1, math.NaN(): 1, 43210: 50000} {
		assert.InDelta(t, want, roundUp(value), want*1e-9)
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1,234,567": number(1234567), "-12": number(-12.7), "0": rate(0), "0.02": rate(0.0167), "12.3": rate(12.34), "1,235": rate(1234.6),
		"250 µs": duration(0.00025), "12.0 ms": duration(0.012), "250 ms": duration(0.25), "2.5 s": duration(2.5), "1 min 30 s": duration(90),
		"never": duration(math.MaxInt64 / 1e9), "–": duration(math.NaN()), "12 B": size(12), "1.5 KiB": size(1536), "2048 TiB": size(1 << 51),
		"3 d 4 h": age(76 * time.Hour), "2 h 5 min": age(125 * time.Minute), "59 s": age(59 * time.Second), "99.9 %": percent(0.999),
	} {
		assert.Equal(t, want, got)
	}
	assert.Equal(t, unknown, clock(time.Time{})+"")
	assert.Equal(t, "2026-03-04 12:00:00 UTC", moment(noon))
}
