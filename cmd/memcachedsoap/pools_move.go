package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
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
		left, err := p.Left(ctx)
		if err != nil {
			return err
		}
		pg := startProgress(std, sum(left).Items())
		var pace moving.Pace
		if c.Rate > 0 {
			pace = rate.NewLimiter(rate.Limit(c.Rate), 1).Wait
		}
		err = p.MoveAll(ctx, pace, func() { pg.done.Add(1) })
		pg.stop()
		moved := pg.done.Load()
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

// progress shows how far the move is.
type progress struct {
	done  atomic.Int64
	total int64

	std     streams
	bar     bool
	started time.Time
	end     chan struct{}
	ended   sync.WaitGroup
}

const (
	barEvery   = 200 * time.Millisecond
	linesEvery = 5 * time.Second
	barWidth   = 30
)

// startProgress shows progress on standard error until stop is called: a bar on a
// terminal, lines elsewhere.
func startProgress(std streams, total int64) *progress {
	p := &progress{total: total, std: std, started: time.Now(), end: make(chan struct{})}
	every := linesEvery
	if file, ok := std.Err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar, every = true, barEvery
	}
	p.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.show()
			case <-p.end:
				return
			}
		}
	})
	return p
}

// show shows the state now.
func (p *progress) show() {
	done := p.done.Load()
	total := max(p.total, done) // sessions are added meanwhile
	perSecond := float64(done) / max(time.Since(p.started).Seconds(), time.Millisecond.Seconds())
	text := fmt.Sprintf("%d of %d items, %.0f a second", done, total, perSecond)
	if !p.bar {
		_, _ = fmt.Fprintln(p.std.Err, text)
		return
	}
	filled := barWidth
	if total > 0 {
		filled = int(done * barWidth / total)
	}
	_, _ = fmt.Fprintf(p.std.Err, "\r[%s%s] %s\x1b[K", strings.Repeat("#", filled), strings.Repeat(" ", barWidth-filled), text)
}

// stop ends the progress.
func (p *progress) stop() {
	close(p.end)
	p.ended.Wait()
	p.show()
	if p.bar {
		_, _ = fmt.Fprintln(p.std.Err)
	}
}
