package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
)

// report holds the results.
type report struct {
	settings settings
	sizes    sizes
	results  [serverCount][]load.Result // by server, by round
}

// write writes the report as Markdown.
func (r *report) write(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s, %s/%s, %d processors shared with memcached and the load; %d connections, %d rounds of %v a server; ",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.settings.connections, r.settings.Count, r.settings.Interval)
	fmt.Fprintf(&text, "%d entries; getSession %d B, answer %d B; setSession %d B, answer %d B.\n\n",
		r.settings.entries, r.sizes.get, r.sizes.gotten, r.sizes.set, r.sizes.acknowledged)

	text.WriteString("| server | req/s | best | p50 | p99 | server CPU per request |\n|---|---:|---:|---:|---:|---:|\n")
	names := r.settings.servers()
	for i, name := range names {
		rates := load.Each(r.results[i], func(t load.Result) float64 { return t.Rate })
		p50, p99 := load.Latency(r.results[i])
		fmt.Fprintf(&text, "| %s | %.0f | %.0f | %.2f ms | %.2f ms | %.0f µs |\n", name, load.Median(rates), slices.Max(rates),
			load.Milliseconds(p50), load.Milliseconds(p99), r.cpu(i))
	}
	text.WriteString("\n| ratio | by req/s | half of the rounds | by server CPU | target for req/s |\n|---|---:|---|---:|---|\n")
	for _, row := range r.settings.targets() {
		ratios := r.ratios(row.of, row.to)
		fmt.Fprintf(&text, "| %s / %s | %.2f | %.2f to %.2f | %.2f | %s |\n", names[row.of], names[row.to], load.Median(ratios),
			load.Quantile(ratios, 0.25), load.Quantile(ratios, 0.75), r.cpu(row.to)/r.cpu(row.of), verdict(load.Median(ratios), row.atLeast))
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// target is the minimum of the ratio of two servers.
type target struct {
	of, to  int     // positions in the list of servers
	atLeast float64 // 0: none, it is the maximum; -1: none
}

func (s settings) targets() []target {
	switch {
	case s.nearCache:
		return []target{{1, 0, 1.5}, {1, 2, 0.75}, {2, 0, 0}}
	case s.tls:
		return []target{{1, 0, -1}, {2, 1, 0.95}}
	}
	return []target{{0, 1, 0.85}, {0, 2, 2}, {1, 2, 0}}
}

func verdict(ratio, target float64) string {
	switch {
	case target == 0:
		return "the maximum"
	case target < 0:
		return "none"
	case ratio < target:
		return fmt.Sprintf("at least %.2f: **missed**", target)
	}
	return fmt.Sprintf("at least %.2f: met", target)
}

// ratios returns the ratio of the rates of two servers in each round, sorted.
func (r *report) ratios(of, to int) []float64 {
	ratios := make([]float64, len(r.results[of]))
	for round := range ratios {
		ratios[round] = r.results[of][round].Rate / r.results[to][round].Rate
	}
	slices.Sort(ratios)
	return ratios
}

// cpu returns the processor time of a server per request, in microseconds.
func (r *report) cpu(server int) float64 {
	return float64(load.CPUPerRequest(r.results[server])) / float64(time.Microsecond)
}
