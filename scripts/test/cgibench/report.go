package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
)

// report is what was measured.
type report struct {
	settings settings
	turns    map[string][][]load.Turn // by operation, by server, by round
}

func (r *report) add(operation string, server int, t load.Turn) {
	if r.turns == nil {
		r.turns = map[string][][]load.Turn{}
	}
	if r.turns[operation] == nil {
		r.turns[operation] = make([][]load.Turn, len(serverNames()))
	}
	r.turns[operation][server] = append(r.turns[operation][server], t)
}

// write writes the report as Markdown.
func (r *report) write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s, %s/%s, %d processors shared with memcached and the load; %d rounds of %v for each figure.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.settings.rounds, r.settings.turn)
	text.WriteString("| operation | server | req/s | p50 | p99 | CPU per request | the service: times the req/s | of the CPU |\n" +
		"|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, operation := range operations() {
		turns := r.turns[operation]
		for i, name := range serverNames() {
			fmt.Fprintf(&text, "| %s | %s | %.*f | %.2f ms | %.2f ms | %.3f ms |", operation, name, decimals(rate(turns[i])), rate(turns[i]),
				milliseconds(typical(turns[i], func(t load.Turn) time.Duration { return t.P50 })),
				milliseconds(typical(turns[i], func(t load.Turn) time.Duration { return t.P99 })), milliseconds(cpu(turns[i])))
			if i == 0 {
				text.WriteString(" | |\n")
				continue
			}
			fmt.Fprintf(&text, " %.0f | 1/%.0f |\n", rate(turns[0])/rate(turns[i]), float64(cpu(turns[i]))/float64(cpu(turns[0])))
		}
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("cgibench: %w", err)
	}
	return nil
}

// decimals keeps a digit behind the point of a small number.
func decimals(rate float64) int {
	if rate < 100 {
		return 1
	}
	return 0
}

func rate(turns []load.Turn) float64 {
	return load.Median(each(turns, func(t load.Turn) float64 { return t.Rate }))
}

func typical(turns []load.Turn, get func(load.Turn) time.Duration) time.Duration {
	return load.Median(each(turns, get))
}

// cpu returns the processor time per request, of all rounds together: one turn
// is too short for the clock of /proc.
func cpu(turns []load.Turn) time.Duration {
	var used time.Duration
	requests := 0
	for _, t := range turns {
		used += t.CPU
		requests += t.Requests
	}
	return used / time.Duration(requests)
}

func each[T any](turns []load.Turn, get func(load.Turn) T) []T {
	values := make([]T, len(turns))
	for i, t := range turns {
		values[i] = get(t)
	}
	return values
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
