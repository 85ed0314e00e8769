package memcached

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
)

var _ backend.Replica = (*Backend)(nil)

// Fetch reads several items of a server. See [backend.Replica].
func (b *Backend) Fetch(ctx context.Context, server int, keys []string, visit func(key string, item backend.Item)) error {
	return fetch(ctx, b, server, keys, opGetMany, (*conn).getMany, visit)
}

// FetchHeads reads what a server knows of several items. See [backend.Replica].
func (b *Backend) FetchHeads(ctx context.Context, server int, keys []string, visit func(backend.Head)) error {
	return fetch(ctx, b, server, keys, opHeads, (*conn).getHeads, func(key string, head backend.Head) {
		head.Key = key
		visit(head)
	})
}

// fetch reads answers of a kind, a window of keys at a time. A server that goes on
// answering has its timeout for each answer.
func fetch[T any](
	ctx context.Context, b *Backend, server int, keys []string, o operation,
	read func(c *conn, keys []string, found func(key string, answer T)) error, visit func(key string, answer T),
) error {
	s, err := b.serverAt(server)
	if err != nil {
		return err
	}
	asked := make([]string, len(keys))
	for i, key := range keys {
		if asked[i], err = b.prefixed(key); err != nil {
			return err
		}
	}
	for len(asked) > 0 {
		part := asked[:min(window, len(asked))]
		asked = asked[len(part):]
		err := s.do(ctx, o, func(c *conn, _ bool) error {
			return read(c, part, func(key string, answer T) {
				c.progress()
				part = part[slices.Index(part, key)+1:] // it is visited once, also if the connection is lost
				visit(key[len(b.prefix):], answer)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// getHeads reads what the server knows of several items.
func (c *conn) getHeads(keys []string, found func(key string, head backend.Head)) error {
	return askMany(c, keys, " s f c t k q", readKeyedHead, func(key string, head backend.Head) {
		found(key, understoodHead(head, c.server.isReserved(key), time.Now()))
	})
}

// readKeyedHead reads one of the answers to several "mg <key> s f c t k q" and "mn"
// behind them: a head and its key, or no key at the end.
func readKeyedHead(r *bufio.Reader) (key string, head backend.Head, err error) {
	line, err := protocol.ReadLine(r)
	if err != nil || string(line) == "MN" {
		return "", backend.Head{}, err
	}
	flags, found := bytes.CutPrefix(line, []byte("HD "))
	item, key, size, ok := parseSized(flags)
	if !found || !ok || key == "" {
		return "", backend.Head{}, protocol.Unexpected("mg", line)
	}
	return key, headOf(item, size), nil
}

// headOf returns the head of an item as it was read without its value.
func headOf(item backend.Item, size int64) backend.Head {
	return backend.Head{
		CAS: item.CAS, FlagsKnown: true, Flags: item.Flags, Deleted: isTombstone(item.Flags, size),
		ExpiresIn: item.ExpiresIn, Size: size,
	}
}

// Describe asks a server what it is. See [backend.Replica].
func (b *Backend) Describe(ctx context.Context, server int) (backend.ServerInfo, error) {
	s, err := b.serverAt(server)
	if err != nil {
		return backend.ServerInfo{}, err
	}
	var stats, settings []backend.Stat
	versions := false
	err = s.do(ctx, opStats, func(c *conn, _ bool) (err error) {
		if stats, err = c.told("stats"); err != nil {
			return err
		}
		if settings, err = c.told("stats settings"); err != nil {
			return err
		}
		err = c.readSettings()
		versions = err == nil && c.limits.versions == able
		return err
	})
	if err != nil {
		return backend.ServerInfo{}, err
	}
	info := describe(stats, settings)
	info.VersionsInCAS = versions
	return info, nil
}

// told returns statistics, or none if the server does not tell them.
func (c *conn) told(command string) ([]backend.Stat, error) {
	stats, err := c.stats(command)
	if errors.Is(err, protocol.ErrRefused) {
		c.broken = false
		err = nil
	}
	return stats, err
}

// describe reads statistics and settings. The moment at which memcached started does
// not move with its clock (proto_text.c: time and uptime are those of one counter).
func describe(stats, settings []backend.Stat) (info backend.ServerInfo) {
	text := func(name string) string {
		for _, stat := range stats {
			if stat.Name == name {
				return stat.Value
			}
		}
		return ""
	}
	info.Release = text("version")
	now, hasTime := number(stats, "time")
	uptime, hasUptime := number(stats, "uptime")
	if hasTime && hasUptime {
		info.Started = time.Now().Add(-time.Duration(uptime) * time.Second)
		info.Run = text("pid") + "/" + strconv.FormatInt(now-uptime, 10)
	}
	info.Items, _ = number(stats, "curr_items")
	info.Evictions, _ = number(stats, "evictions")
	info.Flushes, _ = number(stats, "cmd_flush")
	info.WorkerLogBuffer, _ = number(settings, "worker_logbuf_size")
	info.WatcherLogBuffer, _ = number(settings, "watcher_logbuf_size")
	info.ItemLimit, _ = number(settings, "item_size_max")
	return info
}
