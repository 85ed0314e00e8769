package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"memcachedsoap/scripts/test/load"
	"memcachedsoap/scripts/test/section"
)

// report holds the results of a run.
type report struct {
	settings settings
	groups   []*group
	versions []string // what the peers are
	leftOut  []leftOut

	lemonldap string // the tables of LemonLDAP::NG's REST server
}

// markdown returns the report.
func (r *report) markdown() string {
	var text strings.Builder
	write := func(format string, args ...any) {
		text.WriteString(section.Wrap(fmt.Sprintf(format, args...)) + "\n\n")
	}
	write("%s, %s/%s, %d processors shared with memcached and the load. %d connections, sessions of %d attributes. %d rounds of %v for "+
		"each server and load, in random order (`-seed %d`).", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		r.settings.connections, r.settings.entries, r.settings.Count, r.settings.Interval, r.settings.seed)
	if len(r.versions) > 0 {
		write("Compared with: %s.", strings.Join(r.versions, "; "))
	}
	for _, l := range r.leftOut {
		write("**Left out**: %s. %s", l.name, strings.ReplaceAll(l.reason, "|", "/"))
	}
	for _, g := range r.groups {
		for l := range loadCount {
			text.WriteString(g.table(l))
			if len(g.pairs) > 0 {
				text.WriteString(g.ratios(l))
			}
		}
	}
	text.WriteString(r.goals())
	if r.lemonldap != "" {
		text.WriteString("LemonLDAP::NG's REST server:\n\n" + r.lemonldap + "\n")
	}
	return strings.TrimRight(text.String(), "\n") + "\n"
}

// table returns the table of a load.
func (g *group) table(l int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %s:\n\n", g.title, loadNames()[l])
	text.WriteString("| server | req/s | p50 | p99 | p99.9 | CPU per request | of memcached | CPU of the load |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, s := range g.servers {
		samples := s.samples[l]
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s | %s | %.0f %% |\n", s.title, rate(median(samples, sample.rate)),
			milliseconds(median(samples, sample.p50)), milliseconds(median(samples, sample.p99)), tail(samples),
			microseconds(median(samples, sample.cpu)), microseconds(median(samples, sample.storeCPU)), 100*median(samples, sample.share))
	}
	return text.String() + "\n"
}

// tail returns p99.9, which a median of fewer than 1,000 requests in a round does not have.
func tail(samples []sample) string {
	if median(samples, sample.requests) < 1000 {
		return ""
	}
	return milliseconds(median(samples, sample.p999))
}

// ratios returns the table that compares servers under a load.
func (g *group) ratios(l int) string {
	var text strings.Builder
	text.WriteString("| compared | req/s | half of the rounds | CPU | half of the rounds | p99 | half of the rounds |\n|---|---:|---|---:|---|---:|---|\n")
	for _, pair := range g.pairs {
		of, to := g.servers[pair[0]], g.servers[pair[1]]
		fmt.Fprintf(&text, "| %s / %s |", of.title, to.title)
		for _, get := range []func(sample) float64{sample.rate, sample.cpu, sample.p99} {
			q := ratio(of.samples[l], to.samples[l], get)
			fmt.Fprintf(&text, " %s | %s to %s |", number(q.median), number(q.low), number(q.high))
		}
		text.WriteString("\n")
	}
	return text.String() + "\n"
}

// What is measured of a server.
func (s sample) rate() float64     { return s.Rate }
func (s sample) p50() float64      { return float64(s.P50) }
func (s sample) p99() float64      { return float64(s.P99) }
func (s sample) p999() float64     { return float64(s.P999) }
func (s sample) cpu() float64      { return float64(s.CPU) / float64(s.Requests) }
func (s sample) storeCPU() float64 { return float64(s.store) / float64(s.Requests) }
func (s sample) share() float64    { return s.Load }
func (s sample) requests() float64 { return float64(s.Requests) }

// quartiles are the median of some ratios and the range of half of them.
type quartiles struct{ low, median, high float64 }

// ratio compares two servers in each round.
func ratio(of, to []sample, get func(sample) float64) quartiles {
	ratios := make([]float64, len(of))
	for i := range ratios {
		ratios[i] = get(of[i]) / get(to[i])
	}
	slices.Sort(ratios)
	return quartiles{load.Quantile(ratios, 0.25), load.Quantile(ratios, 0.5), load.Quantile(ratios, 0.75)}
}

func median(samples []sample, get func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = get(s)
	}
	return load.Median(values)
}

// number returns a ratio with two digits that matter.
func number(ratio float64) string {
	switch {
	case ratio >= 10:
		return fmt.Sprintf("%.0f", ratio)
	case ratio < 0.1:
		return fmt.Sprintf("%.2g", ratio)
	}
	return fmt.Sprintf("%.2f", ratio)
}

func rate(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return fmt.Sprintf("%.0f", perSecond)
}

func milliseconds(t float64) string { return fmt.Sprintf("%.2f ms", t/float64(time.Millisecond)) }

func microseconds(t float64) string { return fmt.Sprintf("%.0f µs", t/float64(time.Microsecond)) }
