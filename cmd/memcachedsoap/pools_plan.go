package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/selector"
	"memcachedsoap/sessionstore/moving"
	"memcachedsoap/sessionstore/storable"
)

type poolPlanCommand struct{ poolPair }

// Run says how many sessions move.
func (c *poolPlanCommand) Run(ctx context.Context, std streams) error {
	return c.run(ctx, func(p *pair) error {
		rules, targets, closeTargets := c.targets(p)
		defer closeTargets()
		shown := startProgress(std, c.Quiet)
		all, plans, err := moving.Plan(ctx, sessionstore.NewReplicaRules(storable.Codec{}, nil), p.from, targets, p.scanning(ctx, shown))
		shown.stop()
		if err != nil {
			return err
		}
		d := newPlan(p, all, plans[0])
		for i, plan := range plans {
			d.Rules = append(d.Rules, ruleDocument{
				Rule: string(rules[i]), Chosen: i == 0, Moving: newCount(plan.Moving), Share: share(plan.Moving.Sessions, d.Sessions),
			})
		}
		return c.print(std, d, d.append(nil))
	})
}

// targets returns the pool --to with its own rule, and with every other rule that its list
// of servers allows.
func (c *poolPlanCommand) targets(p *pair) (rules []selector.Hash, targets []moving.Target, closeAll func()) {
	rules = []selector.Hash{c.To.Hash}
	targets = []moving.Target{{Pool: p.to, Same: memcached.SamePlaces(p.to, p.from)}}
	var opened []*memcached.Backend
	for _, rule := range []selector.Hash{
		selector.CacheMemcached, selector.Fast, selector.FastKetama, selector.LibmemcachedKetama, selector.Modula,
	} {
		if rule == c.To.Hash {
			continue
		}
		settings := c.To
		settings.Hash, settings.KetamaPoints, settings.HashKeyPrefix = rule, 0, false
		pool, err := settings.openPool(toPool, p.toList, slog.New(slog.DiscardHandler))
		if err != nil {
			continue // for example weights that the rule does not have
		}
		opened = append(opened, pool)
		rules = append(rules, rule)
		targets = append(targets, moving.Target{Pool: pool, Same: memcached.SamePlaces(pool, p.from)})
	}
	return rules, targets, func() {
		for _, pool := range opened {
			_ = pool.Close() // it has no connection
		}
	}
}

// planDocument is a plan in JSON.
type planDocument struct {
	Sessions int64                `json:"sessions"`
	Foreign  int64                `json:"foreign"` // items of other programs, which stay
	Bytes    int64                `json:"bytes"`
	Rules    []ruleDocument       `json:"rules"`
	Servers  []planServerDocument `json:"servers"`
}

type ruleDocument struct {
	Rule   string        `json:"rule"`
	Chosen bool          `json:"chosen"` // that of --to-hash
	Moving countDocument `json:"moving"`
	Share  float64       `json:"share"` // of the sessions, in percent
}

type planServerDocument struct {
	Server   string        `json:"server"`
	Now      countDocument `json:"now"`
	Leaving  countDocument `json:"leaving"`
	Arriving countDocument `json:"arriving"`
}

func newPlan(p *pair, all []moving.Count, plan moving.Planned) planDocument {
	total := sum(all)
	d := planDocument{Sessions: total.Sessions, Foreign: total.Foreign, Bytes: total.Bytes}
	same := memcached.SamePlaces(p.to, p.from)
	rows := make(map[int]int) // by server of --from
	for i, name := range p.from.Servers() {
		rows[i] = len(d.Servers)
		d.Servers = append(d.Servers, planServerDocument{Server: name, Now: newCount(all[i]), Leaving: newCount(plan.Leaving[i])})
	}
	for j, name := range p.to.Servers() {
		row := -1
		for i := range p.from.Servers() {
			if same(j, i) {
				row = rows[i]
			}
		}
		if row < 0 {
			row = len(d.Servers)
			d.Servers = append(d.Servers, planServerDocument{Server: name})
		}
		d.Servers[row].Arriving = newCount(plan.Arriving[j])
	}
	return d
}

// share returns a part of a whole in percent, with one digit.
func share(part, whole int64) float64 {
	const thousand, ten = 1000, 10
	if whole == 0 {
		return 0
	}
	return float64((part*thousand+whole/2)/whole) / ten
}

// append appends the plan as text.
func (d planDocument) append(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%d sessions, %s. How many get another place, for each rule of --to-hash:\n\n", d.Sessions, formatSize(d.Bytes))
	rules := table{{"RULE", "MOVE", "SHARE", "SIZE"}}
	for _, r := range d.Rules {
		name := r.Rule
		if r.Chosen {
			name += " (--to-hash)"
		}
		rules = append(rules, []string{name, strconv.FormatInt(r.Moving.Sessions, 10), fmt.Sprintf("%.1f %%", r.Share), formatSize(r.Moving.Bytes)})
	}
	dst = append(rules.append(dst), '\n')
	servers := table{{"SERVER", "SESSIONS", "LEAVE", "ARRIVE", "AFTERWARDS", "SIZE AFTERWARDS"}}
	for _, s := range d.Servers {
		servers = append(servers, []string{
			displayable(s.Server), strconv.FormatInt(s.Now.Sessions, 10), strconv.FormatInt(s.Leaving.Sessions, 10), strconv.FormatInt(s.Arriving.Sessions, 10),
			strconv.FormatInt(s.Now.Sessions-s.Leaving.Sessions+s.Arriving.Sessions, 10), formatSize(s.Now.Bytes - s.Leaving.Bytes + s.Arriving.Bytes),
		})
	}
	dst = servers.append(dst)
	if d.Foreign > 0 {
		dst = fmt.Appendf(dst, "\n%d items of other programs stay where they are.\n", d.Foreign)
	}
	return dst
}
