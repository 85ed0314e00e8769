package memory

import (
	"context"
	"os"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// counts are a shard's figures, with the meaning that they have in
// memcached's stats.
type counts struct {
	cmdGet, cmdSet, cmdTouch      uint64
	getHits, getMisses            uint64
	deleteHits, deleteMisses      uint64
	casHits, casMisses, casBadval uint64
	touchHits, touchMisses        uint64
	totalItems, evictions         uint64
}

func (c *counts) add(d counts) {
	c.cmdGet += d.cmdGet
	c.cmdSet += d.cmdSet
	c.cmdTouch += d.cmdTouch
	c.getHits += d.getHits
	c.getMisses += d.getMisses
	c.deleteHits += d.deleteHits
	c.deleteMisses += d.deleteMisses
	c.casHits += d.casHits
	c.casMisses += d.casMisses
	c.casBadval += d.casBadval
	c.touchHits += d.touchHits
	c.touchMisses += d.touchMisses
	c.totalItems += d.totalItems
	c.evictions += d.evictions
}

// Stats returns one row with the figures that memcached has too, under its
// names and in its order.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	row := backend.ServerStats{Address: "memory", Tier: backend.Origin}
	if b.usable(ctx) == nil {
		row.Alive = true
		row.Stats = b.figures()
	}
	return []backend.ServerStats{row}
}

func (b *Backend) figures() []backend.Stat {
	var total counts
	var items, bytes int64
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		total.add(s.counts)
		items += int64(len(s.entries))
		bytes += s.bytes
		s.mu.Unlock()
	}
	now := time.Now()
	figure := func(name string, n uint64) backend.Stat {
		return backend.Stat{Name: name, Value: strconv.FormatUint(n, 10)}
	}
	return []backend.Stat{
		figure("pid", uint64(os.Getpid())),
		figure("uptime", uint64(now.Sub(b.started)/time.Second)),
		figure("time", uint64(now.Unix())),
		figure("cmd_get", total.cmdGet),
		figure("cmd_set", total.cmdSet),
		figure("cmd_touch", total.cmdTouch),
		figure("get_hits", total.getHits),
		figure("get_misses", total.getMisses),
		figure("delete_misses", total.deleteMisses),
		figure("delete_hits", total.deleteHits),
		figure("cas_misses", total.casMisses),
		figure("cas_hits", total.casHits),
		figure("cas_badval", total.casBadval),
		figure("touch_hits", total.touchHits),
		figure("touch_misses", total.touchMisses),
		figure("limit_maxbytes", uint64(b.maxBytes)),
		figure("bytes", uint64(bytes)),
		figure("curr_items", uint64(items)),
		figure("total_items", total.totalItems),
		figure("evictions", total.evictions),
	}
}

// Metrics returns what is in memory.
func (b *Backend) Metrics() []metric.Metric {
	var items, bytes int64
	var evictions uint64
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		items += int64(len(s.entries))
		bytes += s.bytes
		evictions += s.counts.evictions
		s.mu.Unlock()
	}
	metrics := []metric.Metric{
		{Name: "memory_items", Help: "Items in this process.", Kind: metric.KindGauge, Value: float64(items)},
		{Name: "memory_bytes", Help: "Memory that they take.", Kind: metric.KindGauge, Value: float64(bytes)},
		{Name: "memory_limit_bytes", Help: "Memory that they may take.", Kind: metric.KindGauge, Value: float64(b.maxBytes)},
		{Name: "memory_evictions_total", Help: "Items that had to make room for others.", Value: float64(evictions)},
	}
	for i := range metrics {
		metrics[i].Server, metrics[i].Tier = "memory", string(backend.Origin)
	}
	return metrics
}
