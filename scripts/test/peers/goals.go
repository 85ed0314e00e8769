package main

import (
	"fmt"
	"strings"
)

// goal is a bound of a ratio of two servers of the contract.
type goal struct {
	of, to string // titles
	load   int
	what   string
	get    func(sample) float64
	least  bool // the bound is the least, else the most
	bound  float64
}

// goals are those against gSOAP.
func goals() []goal {
	const gsoap = "gSOAP (C++)"
	return []goal{
		{serviceTitle, gsoap, getLoad, "req/s", sample.rate, true, 1.2},
		{serviceTitle, gsoap, getLoad, "CPU per request", sample.cpu, false, 0.6},
		{serviceTitle, gsoap, getLoad, "p99", sample.p99, false, 1},
		{nearTitle, gsoap, getLoad, "req/s", sample.rate, true, 2},
		{nearTitle, gsoap, getLoad, "CPU per request", sample.cpu, false, 0.45},
		{serviceTitle, gsoap, halfLoad, "req/s", sample.rate, true, 1.2},
		{serviceTitle, gsoap, halfLoad, "p99", sample.p99, false, 1},
		{nearTitle, serviceTitle, halfLoad, "p99", sample.p99, false, 1},
	}
}

// find returns a server of the contract, or nil.
func (r *report) find(title string) *server {
	for _, s := range r.groups[0].servers {
		if s.title == title {
			return s
		}
	}
	return nil
}

// goals returns the table of the goals, of those with servers that were measured.
func (r *report) goals() string {
	var text strings.Builder
	for _, g := range goals() {
		of, to := r.find(g.of), r.find(g.to)
		if of == nil || to == nil {
			continue
		}
		q := ratio(of.samples[g.load], to.samples[g.load], g.get)
		word, verdict := "most", "met"
		if g.least {
			word = "least"
		}
		if g.least != (q.median >= g.bound) && q.median != g.bound {
			verdict = "**missed**"
		}
		fmt.Fprintf(&text, "| %s / %s, %s | %s | %s | at %s %s: %s |\n", g.of, g.to, loadNames()[g.load], g.what,
			number(q.median), word, number(g.bound), verdict)
	}
	if text.Len() == 0 {
		return ""
	}
	return "The goals:\n\n| compared | of | ratio | goal |\n|---|---|---:|---|\n" + text.String() + "\n"
}
