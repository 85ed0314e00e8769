package main

import (
	"context"
	"fmt"
)

type poolCompareCommand struct{ poolPair }

// Run says whether all sessions have moved.
func (c *poolCompareCommand) Run(ctx context.Context, std streams) error {
	return c.run(ctx, func(p *pair) error {
		shown := startProgress(std, c.Quiet)
		left, err := p.left(ctx, shown)
		shown.stop()
		if err != nil {
			return err
		}
		total := sum(left)
		d := comparisonDocument{Moved: total.Items() == 0, Left: newCount(total)}
		for i, name := range p.from.Servers() {
			d.Servers = append(d.Servers, leftDocument{Server: name, Left: newCount(left[i])})
		}
		if d.Moved || c.JSON {
			if err := c.print(std, d, []byte(everythingMoved)); err != nil || d.Moved {
				return err
			}
		}
		return &failure{code: exitNotMoved, text: fmt.Sprintf(
			"%d sessions, %d lists and %d records of deletions, %s, are still at their places in the pool --from: run pool move",
			total.Sessions, total.Lists, total.Records, formatSize(total.Bytes))}
	})
}

// comparisonDocument is the result in JSON.
type comparisonDocument struct {
	Moved   bool           `json:"moved"`
	Left    countDocument  `json:"left"`
	Servers []leftDocument `json:"servers"`
}

type leftDocument struct {
	Server string        `json:"server"`
	Left   countDocument `json:"left"`
}

const everythingMoved = "Everything is at its place in the pool --to. Perl programs can use its list now, and the service needs no --previous-servers any more.\n"
