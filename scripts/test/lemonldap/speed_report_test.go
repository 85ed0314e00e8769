//go:build interop && speed

package lemonldap

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/load"
)

// speedCase is one kind of requests with new or kept connections, and what it takes in each
// round.
type speedCase struct {
	work

	keep         bool
	theirs, ours []speed
}

// speed is what requests take.
type speed struct {
	cost

	took []time.Duration
}

func (c *speedCase) connections() string {
	if c.keep {
		return "kept"
	}
	return "new"
}

// costOf returns the mean of the rounds.
func costOf(rounds []speed) cost {
	var sum cost
	for _, r := range rounds {
		sum = cost{sum.user + r.user, sum.kernel + r.kernel, sum.store + r.store}
	}
	return sum.since(cost{}, len(rounds))
}

// times returns the ratios of the rounds, sorted.
func (c *speedCase) times() []float64 {
	ratios := make([]float64, len(c.ours))
	for i := range ratios {
		ratios[i] = float64(c.theirs[i].sum()) / float64(c.ours[i].sum())
	}
	slices.Sort(ratios)
	return ratios
}

// latency returns p50, p99 and, of 1,000 requests or more, p99.9 as cells of a table.
func latency(rounds []speed) string {
	var all []time.Duration
	for _, r := range rounds {
		all = append(all, r.took...)
	}
	slices.Sort(all)
	text := fmt.Sprintf("%.1f ms | %.1f ms |", load.Milliseconds(load.Quantile(all, 0.5)), load.Milliseconds(load.Quantile(all, 0.99)))
	if len(all) < 1000 {
		return text + " |"
	}
	return text + fmt.Sprintf(" %.1f ms |", load.Milliseconds(load.Quantile(all, 0.999)))
}

func show(t *testing.T, format string, arguments ...any) {
	t.Helper()
	_, err := fmt.Fprintf(t.Output(), format+"\n", arguments...)
	require.NoError(t, err)
}

// showSpeed prints the tables.
func showSpeed(t *testing.T, version string, rounds int, cases []*speedCase) {
	t.Helper()
	show(t, "LemonLDAP::NG %s, %d sessions, %d clients, %d rounds. CPU time of a request:\n", version, manySessions, clients, rounds)
	show(t, "| request | connections | its store | LemonLDAP::NG | memcachedsoap | times less | half of the rounds |\n|---|---|---|---:|---:|---:|---|")
	for _, c := range cases {
		times := c.times()
		show(t, "| %s | %s | %s | %s ms | %s ms | %.1f | %.1f to %.1f |", c.name, c.connections(), c.store, costOf(c.theirs).sum(), costOf(c.ours).sum(),
			load.Quantile(times, 0.5), load.Quantile(times, 0.25), load.Quantile(times, 0.75))
	}
	show(t, "\nHow long the clients wait for LemonLDAP::NG and for memcachedsoap:\n")
	show(t, "| request | connections | theirs p50 | p99 | p99.9 | ours p50 | p99 | p99.9 |\n|---|---|---:|---:|---:|---:|---:|---:|")
	for _, c := range cases {
		show(t, "| %s | %s | %s %s", c.name, c.connections(), latency(c.theirs), latency(c.ours))
	}
	show(t, "\nWhere the CPU time of memcachedsoap goes:\n")
	show(t, "| request | connections | the service's code | its kernel | memcached |\n|---|---|---:|---:|---:|")
	for _, c := range cases {
		ours := costOf(c.ours)
		show(t, "| %s | %s | %s ms | %s ms | %s ms |", c.name, c.connections(), ours.user, ours.kernel, ours.store)
	}
}
