package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/section"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the root of the repository.
const root = "../../.."

// The charts and the tables are those of the numbers.
func TestPublished(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, page))
	require.NoError(t, err)
	for _, name := range planNames() {
		c, err := readCurve(root, name)
		require.NoError(t, err)
		chart, err := os.ReadFile(filepath.Join(root, folder, name+".svg"))
		require.NoError(t, err)
		assert.Equal(t, c.svg(), string(chart), "%s: make scale, or go run ./scripts/test/scale -draw", name)
		part, err := section.Read(filepath.Join(root, "docs", "scaling.md"), name)
		require.NoError(t, err)
		assert.Equal(t, part.With(c.table()), string(page), name)
		assert.Contains(t, string(page), "](scale/"+name+".svg)")
	}
}

// TestMeasure measures small curves, and writes all that belongs to them.
func TestMeasure(t *testing.T) {
	t.Parallel()
	repository := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(repository, folder), 0o700))
	text := []byte("# Scaling\n")
	for _, name := range planNames() {
		text = append(text, "<!-- "+name+": begin -->\n<!-- "+name+": end -->\n"...)
	}
	require.NoError(t, os.WriteFile(filepath.Join(repository, page), text, 0o600))
	var progress bytes.Buffer
	args := []string{"-root", repository, "-rounds", "1", "-seconds", "0.02", "-sessions", "1000", "-only", "principal,sessions"}
	require.NoError(t, run(t.Context(), args, io.Discard, &progress))
	assert.Regexp(t, `^scale: principal took \d+s\nscale: sessions took \d+s\n$`, progress.String())
	for name, last := range map[string]float64{"principal": 1000, "sessions": 1000} {
		c, err := readCurve(repository, name)
		require.NoError(t, err)
		assert.Equal(t, last, c.At[len(c.At)-1], name)
		assert.FileExists(t, filepath.Join(repository, folder, name+".svg"))
	}
	written, err := os.ReadFile(filepath.Join(repository, page))
	require.NoError(t, err)
	assert.Contains(t, string(written), "| sessions | findSessions by scan, s | comparison, s | service, MiB | replicator, MiB |\n")

	require.NoError(t, os.Remove(filepath.Join(repository, folder, "sessions.svg")))
	require.NoError(t, run(t.Context(), []string{"-root", repository, "-draw", "-only", "sessions"}, io.Discard, io.Discard))
	assert.FileExists(t, filepath.Join(repository, folder, "sessions.svg"))
}

func TestFlags(t *testing.T) {
	t.Parallel()
	s, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, settings{
		Rounds: load.Rounds{Count: 5, Interval: 2 * time.Second}, only: planNames(), root: ".", maxSessions: 1_000_000, seed: 1,
	}, s)
	for _, args := range []string{"-rounds 0", "-sessions 99", "-sessions 1000001", "-only nosuch", "-only sessions,sessions", "-only ,", "surplus"} {
		_, err := parse(strings.Fields(args), io.Discard)
		assert.ErrorContains(t, err, "scale: ", args)
	}
	assert.ErrorContains(t, run(t.Context(), []string{"-root", t.TempDir()}, io.Discard, io.Discard), "section: ")
}

// sample is a curve of two panels.
func sample() curve {
	return curve{
		Title: "Title & more", Machine: "A machine.", X: axis{"things", true}, At: []float64{1, 10, 5000},
		Panels: []panel{
			{"Rate", axis{"req/s", false}, []line{{"", []float64{1000, 23456, 9999}}}},
			{"Time", axis{"ms", true}, []line{{"p50", []float64{0.5, 2, 700}}, {"p99", []float64{1, 9.876, 1500}}}},
		},
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	c := sample()
	assert.Equal(t, "| things | Rate, req/s | p50, ms | p99, ms |\n|---:|---:|---:|---:|\n| 1 | 1,000 | 0.5 | 1 |\n"+
		"| 10 | 23,456 | 2 | 9.88 |\n| 5,000 | 9,999 | 700 | 1,500 |\n\nA machine.\n", c.table())
	for value, want := range map[float64]string{0: "0", 0.00001234: "0.00001234", 99.94: "99.9", 123456789: "123,456,789", 100: "100"} {
		assert.Equal(t, want, grouped(value))
	}
}

// A chart is XML without scripts and addresses, in the colours of the page, and has all
// points, titles and units.
func TestChart(t *testing.T) {
	t.Parallel()
	c := sample()
	text := c.svg()
	decoder := xml.NewDecoder(strings.NewReader(text))
	count := map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, isStart := token.(xml.StartElement); isStart {
			count[start.Name.Local]++
			for _, attribute := range start.Attr {
				assert.NotContains(t, []string{"href", "onload", "onclick"}, attribute.Name.Local)
			}
		}
	}
	assert.Equal(t, 9, count["circle"])
	assert.Equal(t, 3, count["polyline"])
	assert.Zero(t, count["script"])
	assert.NotContains(t, text, "NaN")
	assert.NotContains(t, text, "%!")
	for _, want := range []string{
		"prefers-color-scheme: dark", "<title id=\"t\">Title &amp; more</title>", ">Rate, req/s<", ">Time, ms<", ">things<", ">p99<", ">25,000<", ">5,000<",
		"Time p99: 1 at 1, 1,500 at 5,000",
	} {
		assert.Contains(t, text, want)
	}
	for _, point := range regexp.MustCompile(`c[xy]="([\d.-]+)"`).FindAllStringSubmatch(text, -1) {
		assert.Regexp(t, `^[1-9]\d*\.\d$`, point[1], "inside the panel")
	}
}

func TestScales(t *testing.T) {
	t.Parallel()
	linear := scaleOf(false, []float64{3, 41}, 0, 100)
	assert.Equal(t, []float64{0, 10, 20, 30, 40, 50}, linear.ticks)
	assert.InDelta(t, 82, linear.of(41), 1e-9)
	logarithmic := scaleOf(true, []float64{3, 4000}, 0, 100)
	assert.Equal(t, []float64{1, 10, 100, 1000, 4000}, logarithmic.ticks)
	assert.InDelta(t, 0, logarithmic.of(1), 1e-9)
	assert.InDelta(t, 100, logarithmic.of(4000), 1e-9)
	near := scaleOf(true, []float64{20, 60}, 0, 100)
	assert.Equal(t, []float64{10, 20, 50}, near.ticks)
	same := scaleOf(true, []float64{10, 10}, 0, 100)
	assert.InDelta(t, 0, same.of(10), 1e-9)
	zero := scaleOf(true, []float64{0, 200, 0}, 0, 100)
	assert.Equal(t, []float64{100, 200}, zero.ticks)
	assert.InDelta(t, 0, zero.of(0), 1e-9)
	nothing := scaleOf(true, []float64{0}, 0, 100)
	assert.InDelta(t, 0, nothing.of(0), 1e-9)
	none := scaleOf(false, []float64{0, 0}, 0, 100)
	assert.InDelta(t, 0, none.of(0), 1e-9)
}

func TestNumbersThatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-1": -1} {
		c := sample()
		c.Panels[0].Lines[0].Values[1] = value
		assert.ErrorContains(t, c.check(), "has the value "+want)
	}
	c := sample()
	c.Panels[0].Lines = make([]line, 4)
	assert.ErrorContains(t, c.check(), "has 4 lines, but at most 3 can be told apart")
	c = sample()
	c.At = c.At[:2]
	assert.ErrorContains(t, c.check(), "has 3 values instead of 2")
}

func TestResultsOfTheBenchmark(t *testing.T) {
	t.Parallel()
	c := curve{Panels: []panel{{Lines: lines("a", "b")}, {Lines: lines("c", "d")}}}
	require.NoError(t, c.addBenchmark("goos: linux\nBenchmarkFifty/1-2 \t 100\t 1.5 ms/op\t 19 instance-ms/s\t 1.2 last-p50-ms\t 32 last-p99-ms\t 18 memcached-ms/s\t 0 resyncs\n"+
		"BenchmarkFifty/50-2 100 3.8 instance-ms/s 4 last-p50-ms 104 last-p99-ms 1e+02 memcached-ms/s\nPASS\n"))
	assert.Equal(t, []float64{1, 50}, c.At)
	assert.Equal(t, []float64{18, 100}, c.Panels[0].Lines[0].Values)
	assert.Equal(t, []float64{19, 3.8}, c.Panels[0].Lines[1].Values)
	assert.Equal(t, []float64{32, 104}, c.Panels[1].Lines[1].Values)
	for want, out := range map[string]string{
		"prints no results":           "PASS",
		"prints no memcached-ms/s":    "BenchmarkFifty/1-2 100 3.8 instance-ms/s",
		"a line of the benchmark: st": "BenchmarkFifty/1-2 100 x memcached-ms/s",
	} {
		c := curve{Panels: c.Panels}
		assert.ErrorContains(t, c.addBenchmark(out), want)
	}
}
