package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// instances is the curve of instances that follow the changes of one server. They all run
// in the process of a benchmark, with a real memcached.
func instances(ctx context.Context, b *bench) (curve, error) {
	c := curve{
		Title: "Instances on one memcached, following its changes", X: axis{"instances", false},
		Panels: []panel{
			{"Processor time while nothing happens", axis{"ms/s", false}, lines("memcached", "each instance")},
			{"Until the last instance knows a change", axis{"ms", true}, lines("p50", "p99")},
		},
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "Fifty", "-benchtime", strconv.Itoa(200*b.Count)+"x", "./service/changes")
	cmd.Dir = b.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return c, fmt.Errorf("go test: %w\n%s", err, out)
	}
	c.Machine = fmt.Sprintf("%d changes.", 200*b.Count)
	return c, c.addBenchmark(string(out))
}

var benchmarkLine = regexp.MustCompile(`(?m)^BenchmarkFifty/(\d+)\S*\s+\d+\s+(.*)$`)

// addBenchmark adds the points that a benchmark has printed.
func (c *curve) addBenchmark(out string) error {
	for _, match := range benchmarkLine.FindAllStringSubmatch(out, -1) {
		metrics := map[string]float64{}
		fields := strings.Fields(match[2])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("a line of the benchmark: %w", err)
			}
			metrics[fields[i+1]] = value
		}
		count, err := strconv.ParseFloat(match[1], 64)
		if err != nil {
			return fmt.Errorf("a line of the benchmark: %w", err)
		}
		var values []float64
		for _, name := range []string{"memcached-ms/s", "instance-ms/s", "last-p50-ms", "last-p99-ms"} {
			value, found := metrics[name]
			if !found {
				return fmt.Errorf("the benchmark prints no %s: %s", name, match[0])
			}
			values = append(values, value)
		}
		c.add(count, values)
	}
	if len(c.At) == 0 {
		return fmt.Errorf("the benchmark prints no results: %.500s", out)
	}
	return nil
}
