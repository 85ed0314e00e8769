package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/perlsite"
)

// report holds the results.
type report struct {
	rounds  load.Rounds
	results map[string][][]load.Result // by operation, by server, by round
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
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.rounds.Count, r.rounds.Interval)
	text.WriteString("| operation | server | req/s | p50 | p99 | CPU per request | the service: times the req/s | of the CPU |\n" +
		"|---|---|---:|---:|---:|---:|---:|---:|\n")
	for _, operation := range perlsite.Operations() {
		results := r.results[operation]
		for i, name := range serverNames() {
			rate, cpu := load.Rate(results[i]), load.CPUPerRequest(results[i])
			p50, p99 := load.Latency(results[i])
			fmt.Fprintf(&text, "| %s | %s | %.*f | %.2f ms | %.2f ms | %.3f ms |", operation, name, decimals(rate), rate,
				load.Milliseconds(p50), load.Milliseconds(p99), load.Milliseconds(cpu))
			if i == 0 {
				text.WriteString(" | |\n")
				continue
			}
			fmt.Fprintf(&text, " %.0f | 1/%.0f |\n", load.Rate(results[0])/rate, float64(cpu)/float64(load.CPUPerRequest(results[0])))
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
