package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
)

// report holds the results.
type report struct {
	settings settings
	results  map[string][][]load.Result // by operation, by server, by round
}

func (r *report) add(operation string, server int, t load.Result) {
	if r.results == nil {
		r.results = map[string][][]load.Result{}
	}
	if r.results[operation] == nil {
		r.results[operation] = make([][]load.Result, len(serverNames()))
	}
	r.results[operation][server] = append(r.results[operation][server], t)
}

// write writes the report as Markdown.
func (r *report) write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s, %s/%s, %d processors shared with memcached and the load; %d rounds of %v for each result.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.settings.rounds, r.settings.interval)
	text.WriteString("| operation | server | req/s | p50 | p99 | CPU per request | the service: times the req/s | of the CPU |\n" +
		"|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, operation := range operations() {
		results := r.results[operation]
		for i, name := range serverNames() {
			fmt.Fprintf(&text, "| %s | %s | %.*f | %.2f ms | %.2f ms | %.3f ms |", operation, name, decimals(rate(results[i])), rate(results[i]),
				milliseconds(typical(results[i], func(t load.Result) time.Duration { return t.P50 })),
				milliseconds(typical(results[i], func(t load.Result) time.Duration { return t.P99 })), milliseconds(cpu(results[i])))
			if i == 0 {
				text.WriteString(" | |\n")
				continue
			}
			fmt.Fprintf(&text, " %.0f | 1/%.0f |\n", rate(results[0])/rate(results[i]), float64(cpu(results[i]))/float64(cpu(results[0])))
		}
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("cgibench: %w", err)
	}
	return nil
}

// decimals returns the number of decimals of a rate: small rates have one.
func decimals(rate float64) int {
	if rate < 100 {
		return 1
	}
	return 0
}

func rate(results []load.Result) float64 {
	return load.Median(each(results, func(t load.Result) float64 { return t.Rate }))
}

func typical(results []load.Result, get func(load.Result) time.Duration) time.Duration {
	return load.Median(each(results, get))
}

// cpu returns the processor time per request. It uses the sum of all rounds, because
// one interval is too short for the clock of /proc.
func cpu(results []load.Result) time.Duration {
	var used time.Duration
	requests := 0
	for _, t := range results {
		used += t.CPU
		requests += t.Requests
	}
	return used / time.Duration(requests)
}

func each[T any](results []load.Result, get func(load.Result) T) []T {
	values := make([]T, len(results))
	for i, t := range results {
		values[i] = get(t)
	}
	return values
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
