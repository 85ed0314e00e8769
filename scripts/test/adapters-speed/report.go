package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/section"
)

// report is what was measured.
type report struct {
	settings settings
	busy     float64 // load average before the run
	parallel []*handler
	examples []*example
}

// markdown writes the report as a part of docs/benchmarks.md.
func (r *report) markdown() string {
	var b strings.Builder
	paragraph := func(format string, args ...any) {
		fmt.Fprintf(&b, "%s\n\n", section.Wrap(fmt.Sprintf(format, args...)))
	}
	paragraph("%d requests of one session at the same time, whose pages work for %d ms each and store a key of their own. "+
		"The median and the best of %d rounds on %d processors. The load average of other programs was %.0f:",
		requests, workTime.Milliseconds(), r.settings.rounds, runtime.NumCPU(), r.busy)
	b.WriteString("| handler | all answered | best | changes kept of 20, at least |\n|---|---:|---:|---:|\n")
	for _, h := range r.parallel {
		fmt.Fprintf(&b, "| %s | %d ms | %d ms | %d |\n", h.title, load.Median(h.times).Milliseconds(), minimum(h.times).Milliseconds(), minimum(h.kept))
	}
	adapter := r.parallel[0]
	b.WriteString("\n")
	paragraph("A page of scripts/clients/php/session made %.2f reading and %.2f writing exchanges with the service.", adapter.calls[0], adapter.calls[1])
	paragraph("What a session adds to a page of the example applications, the difference of the medians of %d pages, each on a "+
		"connection of its own:", r.settings.pages)
	b.WriteString("| example | without session | reading adds | reading and changing adds | exchanges: read | change |\n|---|---:|---:|---:|---:|---:|\n")
	for _, e := range r.examples {
		if e.err == nil {
			fmt.Fprintf(&b, "| %s | %.1f ms | %.1f ms | %.1f ms | %s | %s |\n", e.name, load.Milliseconds(e.median[plain]),
				load.Milliseconds(e.median[reading]-e.median[plain]), load.Milliseconds(e.median[changing]-e.median[plain]),
				exchanges(e.calls[reading]), exchanges(e.calls[changing]))
		}
	}
	b.WriteString("\n")
	paragraph("The last columns have the reading and the writing exchanges with the service per page.")
	for _, e := range r.examples {
		if e.err != nil {
			paragraph("%s was left out: it did not start or answer.", e.name)
		}
	}
	return b.String()
}

func exchanges(calls [2]float64) string { return fmt.Sprintf("%.2f + %.2f", calls[0], calls[1]) }

func minimum[T int | time.Duration](values []T) T {
	least := values[0]
	for _, v := range values {
		least = min(least, v)
	}
	return least
}
