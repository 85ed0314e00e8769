package memory

import (
	"context"
	"os"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/metric"
)

// counts are the counters of a shard, named after memcached's statistics.
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

// Stats returns one row of statistics that memcached has, too, under the same
// names and in the same order.
func (b *Backend) Stats(ctx context.Context) []backend.ServerStats {
	row := backend.ServerStats{Address: serverName, Tier: backend.Origin}
	if b.usable(ctx) == nil {
		row.Alive = true
		row.Stats = b.statistics()
	}
	return []backend.ServerStats{row}
}

func (b *Backend) statistics() []backend.Stat {
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
	stat := func(name string, n uint64) backend.Stat {
		return backend.Stat{Name: name, Value: strconv.FormatUint(n, 10)}
	}
	return []backend.Stat{
		stat("pid", uint64(os.Getpid())),
		stat("uptime", uint64(now.Sub(b.started)/time.Second)),
		stat("time", uint64(now.Unix())),
		stat("cmd_get", total.cmdGet),
		stat("cmd_set", total.cmdSet),
		stat("cmd_touch", total.cmdTouch),
		stat("get_hits", total.getHits),
		stat("get_misses", total.getMisses),
		stat("delete_misses", total.deleteMisses),
		stat("delete_hits", total.deleteHits),
		stat("cas_misses", total.casMisses),
		stat("cas_hits", total.casHits),
		stat("cas_badval", total.casBadval),
		stat("touch_hits", total.touchHits),
		stat("touch_misses", total.touchMisses),
		stat("limit_maxbytes", uint64(b.maxBytes)),
		stat("bytes", uint64(bytes)),
		stat("curr_items", uint64(items)),
		stat("total_items", total.totalItems),
		stat("evictions", total.evictions),
	}
}

// Metrics returns the metrics of the memory in use.
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
		metric.GaugeOf("memory_items", "Items in the memory of this process.", float64(items)),
		metric.GaugeOf("memory_bytes", "Bytes of memory in use by items.", float64(bytes)),
		metric.GaugeOf("memory_limit_bytes", "Limit of memory_bytes.", float64(b.maxBytes)),
		{Name: "memory_evictions_total", Help: "Items evicted to make room for others.", Kind: metric.KindCounter, Value: float64(evictions)},
	}
	for i := range metrics {
		metrics[i].Server, metrics[i].Tier = serverName, string(backend.Origin)
	}
	return metrics
}
