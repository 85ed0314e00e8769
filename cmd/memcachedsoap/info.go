package main

import (
	"context"
	"slices"
	"strings"
)

type infoCommand struct {
	Tag string `arg:"" optional:"" help:"Only figures whose name begins so, such as curr_ or uptime."`
	callFlags
}

// Run prints what every memcached server says of itself.
func (c *infoCommand) Run(ctx context.Context, std streams) error {
	return c.report(ctx, func(report *reportDocument) error {
		servers := report.Servers
		left := false
		for i := range servers {
			stats := &servers[i].Stats
			stats.Entries = slices.DeleteFunc(stats.Entries, func(e entry) bool { return !strings.HasPrefix(e.Key, c.Tag) })
			left = left || len(stats.Entries) > 0
		}
		if c.Tag != "" && !left {
			return &failure{code: exitFailed, text: oneLine("no server has a figure that begins with " + shown(c.Tag))}
		}
		return c.print(std, map[string][]serverDocument{"servers": servers}, serverTable(servers).append(nil))
	})
}
