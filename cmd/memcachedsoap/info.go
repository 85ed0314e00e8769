package main

import (
	"context"
	"slices"
	"strings"
)

type infoCommand struct {
	Tag string `arg:"" optional:"" help:"Print only the statistics whose name begins with this, such as curr_ or uptime."`
	callFlags
}

// Run prints the statistics of every memcached server.
func (c *infoCommand) Run(ctx context.Context, std streams) error {
	return c.report(ctx, func(report *reportDocument) error {
		servers := report.Servers
		found := false
		for i := range servers {
			stats := &servers[i].Stats
			stats.Entries = slices.DeleteFunc(stats.Entries, func(e entry) bool { return !strings.HasPrefix(e.Key, c.Tag) })
			found = found || len(stats.Entries) > 0
		}
		if c.Tag != "" && !found {
			return &failure{code: exitFailed, text: oneLine("no server has a statistic whose name begins with " + displayable(c.Tag))}
		}
		return c.print(std, map[string][]serverDocument{"servers": servers}, serverTable(servers).append(nil))
	})
}
