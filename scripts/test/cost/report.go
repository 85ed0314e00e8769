package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// most is how many rows a table has.
const most = 10

// report prints the tables.
func report(w io.Writer, all []cost, crowds []crowd) error {
	var b strings.Builder
	b.WriteString("| request | sent | MiB counted | CPU | CPU per MiB |\n|---|---:|---:|---:|---:|\n")
	for _, c := range dearest(all, func(c *cost) float64 { return c.perMiB() }) {
		fmt.Fprintf(&b, "| %s | %s | %.2f | %.0f ms | %.0f ms |\n", c.name, size(len(c.body)), float64(c.bytes())/mib, c.cpu.Seconds()*1000, c.perMiB())
	}
	b.WriteString("\n| request | sent | decompressed | memory |\n|---|---:|---:|---:|\n")
	for _, c := range dearest(all, func(c *cost) float64 { return float64(c.memory) }) {
		fmt.Fprintf(&b, "| %s | %s | %s | %.0f MiB |\n", c.name, size(len(c.body)), size(c.size), float64(c.memory)/mib)
	}
	b.WriteString("\n| connections | memory |\n|---:|---:|\n")
	for _, c := range crowds {
		fmt.Fprintf(&b, "| %d | %.0f MiB |\n", c.connections, float64(c.memory)/mib)
	}
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // standard output
}

// shortest is the size from which a request can be among the dearest by time: the
// fixed cost of a request is not that of its bytes.
const shortest = 64 << 10

func dearest(all []cost, by func(*cost) float64) []cost {
	sorted := slices.DeleteFunc(slices.Clone(all), func(c cost) bool { return c.bytes() < shortest })
	slices.SortStableFunc(sorted, func(a, b cost) int { return cmp.Compare(by(&b), by(&a)) })
	return sorted[:min(most, len(sorted))]
}

func size(n int) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d B", n)
	case n < mib:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/mib)
}
