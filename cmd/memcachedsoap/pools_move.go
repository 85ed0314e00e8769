package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"memcachedsoap/sessionstore/moving"
)

type poolMoveCommand struct {
	poolPair

	Rate int `default:"0" placeholder:"N" help:"Most items that are moved in a second; 0 means as fast as possible. Default ${default}."`
}

// Validate rejects flags that cannot work. Kong calls it.
func (c *poolMoveCommand) Validate() error {
	if c.Rate < 0 {
		return errors.New("--rate must not be negative")
	}
	return c.poolPair.Validate()
}

// Help is what the command's --help adds.
func (*poolMoveCommand) Help() string {
	return "It begins when no instance of the service has only the pool --from, and waits up to 15 seconds for that. SIGINT and SIGTERM end it after the sessions that are being moved; run it again to go on. " + exitCodesHelp()
}

const (
	// maxWait is how long an instance of the service that has ended seems to live, and
	// a bit more.
	maxWait = 15 * time.Second
	// tellWait is more than the start takes if there is nothing to wait for.
	tellWait = 5 * time.Second
)

// Run moves the sessions.
func (c *poolMoveCommand) Run(ctx context.Context, std streams) error {
	return c.run(ctx, func(p *pair) error {
		if err := c.begin(ctx, std, p); err != nil {
			return err
		}
		shown := startProgress(std, c.Quiet)
		stopped := sync.OnceFunc(shown.stop) // before anything else is printed
		defer stopped()
		left, err := p.left(ctx, shown)
		if err != nil {
			return err
		}
		var done atomic.Int64
		total := sum(left).Items()
		shown.begin(stage{name: "moving", count: func() count { return count{done: done.Load(), total: total} }})
		var pace moving.Pace
		if c.Rate > 0 {
			pace = rate.NewLimiter(rate.Limit(c.Rate), 1).Wait
		}
		err = p.MoveAll(ctx, pace, func() { done.Add(1) })
		stopped()
		moved := done.Load()
		switch {
		case ctx.Err() != nil:
			return &failure{code: exitFailed, text: fmt.Sprintf("interrupted after %d items: run it again to go on", moved)}
		case err != nil:
			return err
		}
		text := fmt.Appendf(nil, "%d items moved. Now run pool compare.\n", moved)
		return c.print(std, map[string]int64{"moved": moved}, text)
	})
}

// begin waits until sessions may be moved.
func (c *poolMoveCommand) begin(ctx context.Context, std streams, p *pair) error {
	begun := make(chan struct{})
	p.to.CompareMove(p.from, func() {
		p.Begin()
		close(begun)
	})
	told := time.AfterFunc(tellWait, func() {
		_, _ = fmt.Fprintln(std.Err, "waiting:", p.to.MoveWaits())
	})
	defer told.Stop()
	select {
	case <-begun:
		return nil
	case <-time.After(maxWait):
		return &failure{code: exitUnavailable, text: "sessions cannot be moved yet: " + p.to.MoveWaits() +
			". Restart the instances one by one with the list of --to in --servers, and that of --from in --previous-servers"}
	case <-ctx.Done():
		return &failure{code: exitFailed, text: "interrupted before anything was moved"}
	}
}
