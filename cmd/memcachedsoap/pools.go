package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/moving"
)

// poolCommand holds the commands for operators whose pool grows, shrinks or moves.
type poolCommand struct {
	Plan    poolPlanCommand    `cmd:"" help:"Say how many sessions get another place, for each hash rule. Changes nothing."`
	Move    poolMoveCommand    `cmd:"" help:"Move all sessions to their places in the pool --to."`
	Compare poolCompareCommand `cmd:"" help:"Say whether all sessions are at their places in the pool --to."`
}

// Help is what the command's own --help adds.
func (poolCommand) Help() string { return exitCodesHelp() }

// poolPair are the flags of two pools of which one takes the place of the other.
type poolPair struct {
	From poolSettings `embed:"" prefix:"from-" set:"servers=memcached servers that have the sessions now, as --servers of the service lists them, or as --previous-servers once it has the new list. Required."`
	To   poolSettings `embed:"" prefix:"to-" set:"servers=memcached servers that shall have the sessions, as --servers of the service will list them. They may be partly the same. Required."`
	JSON bool         `name:"json" help:"Print JSON."`

	Quiet bool `help:"Show no progress on standard error."`
}

// Help is what each command's --help adds.
func (*poolPair) Help() string { return exitCodesHelp() }

// Validate rejects pools between which no session can be moved. Kong calls it.
func (p *poolPair) Validate() error {
	if len(p.From.Servers) == 0 || len(p.To.Servers) == 0 {
		return errors.New("--from and --to are required: the pool that has the sessions, and the one that shall have them")
	}
	if err := p.From.validatePool(fromPool); err != nil {
		return err
	}
	if err := p.To.validatePool(toPool); err != nil {
		return err
	}
	return validateMove(toPool, &p.To, fromPool, &p.From)
}

// pair are the two pools, open.
type pair struct {
	*moving.Backend

	from, to *memcached.Backend
	toList   servers
	close    func()
}

// open opens both pools.
func (p *poolPair) open(ctx context.Context) (*pair, error) {
	logger := slog.New(slog.DiscardHandler) // what fails is an error of the command
	from, stopFrom, err := p.From.discover(ctx, fromPool, logger)
	if err != nil {
		return nil, err
	}
	to, stopTo, err := p.To.discover(ctx, toPool, logger)
	if err != nil {
		stopFrom()
		return nil, err
	}
	stop := func() {
		stopFrom()
		stopTo()
	}
	opened := &pair{toList: to}
	if opened.from, err = p.From.openPool(fromPool, from, logger); err != nil {
		stop()
		return nil, err
	}
	if opened.to, err = p.To.openPool(toPool, to, logger); err != nil {
		_ = opened.from.Close() // nothing was done with it
		stop()
		return nil, err
	}
	opened.Backend = moving.New(opened.to, opened.from, moveOptions(opened.to, opened.from))
	opened.close = func() {
		_ = opened.Close() // what was to be done is done
		stop()
	}
	if samePool(opened.to, opened.from) {
		opened.close()
		return nil, &failure{code: exitUsage, text: "--from and --to are the same pool: no session moves"}
	}
	return opened, nil
}

// run opens the pools, and calls act. A pool that does not answer has an exit code of its
// own.
func (p *poolPair) run(ctx context.Context, act func(*pair) error) error {
	opened, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer opened.close()
	err = act(opened)
	if _, down := errors.AsType[*backend.UnavailableError](err); down && ctx.Err() == nil {
		return &failure{code: exitUnavailable, text: oneLine(err.Error())}
	}
	return err
}

// left counts what is still at its place in the pool --from, and shows how far it is.
func (p *pair) left(ctx context.Context, shown *progress) ([]moving.Count, error) {
	return p.Left(ctx, p.scanning(ctx, shown))
}

// scanning begins to show how far a scan of the pool --from is. The function that it
// returns counts an item.
func (p *pair) scanning(ctx context.Context, shown *progress) (visited func()) {
	if shown == nil {
		return func() {}
	}
	var done atomic.Int64
	total := itemsOf(ctx, p.from)
	shown.begin(stage{name: "scanning", count: func() count { return count{done.Load(), total, true} }})
	return func() { done.Add(1) }
}

// itemsOf returns how many items the servers of a pool have by their statistics, or 0 if
// a server does not tell. They count items that have expired, and those behind other
// prefixes.
func itemsOf(ctx context.Context, pool backend.Replica) int64 {
	total := int64(0)
	for server := range pool.Servers() {
		info, err := pool.Describe(ctx, server)
		if err != nil {
			return 0
		}
		total += info.Items
	}
	return total
}

// print prints a result as JSON or as text.
func (p *poolPair) print(std streams, document any, text []byte) error {
	if p.JSON {
		var err error
		if text, err = json.Marshal(document); err != nil {
			return fmt.Errorf("printing the result: %w", err)
		}
		text = append(text, '\n')
	}
	_, err := std.Out.Write(text)
	return err //nolint:wrapcheck // it names what failed
}

// countDocument is a [moving.Count] in JSON.
type countDocument struct {
	Sessions int64 `json:"sessions"`
	Lists    int64 `json:"lists"`
	Records  int64 `json:"records"`
	Bytes    int64 `json:"bytes"`
}

func newCount(c moving.Count) countDocument {
	return countDocument{Sessions: c.Sessions, Lists: c.Lists, Records: c.Records, Bytes: c.Bytes}
}

// sum adds counts up.
func sum(counts []moving.Count) (all moving.Count) {
	for _, c := range counts {
		all.Sessions += c.Sessions
		all.Lists += c.Lists
		all.Records += c.Records
		all.Foreign += c.Foreign
		all.Bytes += c.Bytes
	}
	return all
}

// formatSize writes a number of bytes in its largest unit.
func formatSize(n int64) string {
	const kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
	switch {
	case n >= gib:
		return fmt.Sprintf("%.1f GiB", float64(n)/gib)
	case n >= mib:
		return fmt.Sprintf("%.1f MiB", float64(n)/mib)
	case n >= kib:
		return fmt.Sprintf("%.1f KiB", float64(n)/kib)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}
