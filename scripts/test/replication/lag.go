package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"memcachedsoap/scripts/test/load"
)

// lagKeys is how many sessions are changed again and again.
const lagKeys = 10_000

// measureLag measures how long after a change the other pool has it.
func measureLag(ctx context.Context, b *bench) (table, error) {
	t := table{header: []string{"lag", "p50", "p99", "most", "target for p99"}}
	for _, m := range []struct {
		twoWay bool
		rate   int
		target time.Duration
	}{{false, 1000, 10 * time.Millisecond}, {false, 5000, 10 * time.Millisecond}, {true, 5000, 20 * time.Millisecond}} {
		lags, err := b.lag(ctx, m.twoWay, m.rate)
		b.stop()
		if err != nil {
			return t, err
		}
		name := map[bool]string{false: "one way", true: "two-way"}[m.twoWay]
		p99 := load.Quantile(lags, 0.99)
		t.add(fmt.Sprintf("%s, %d changes/s", name, m.rate), milliseconds(load.Quantile(lags, 0.5)), milliseconds(p99),
			milliseconds(lags[len(lags)-1]), verdict(p99, m.target))
	}
	return t, nil
}

// lag returns the sorted lags of changes at a rate.
func (b *bench) lag(ctx context.Context, twoWay bool, rate int) ([]time.Duration, error) {
	servers, err := b.memcacheds(ctx, 2)
	if err != nil {
		return nil, err
	}
	keys := keysOf(lagKeys)
	directions := []*direction{{from: servers[0], to: servers[1], keys: keys, rate: rate}}
	var flags []string
	if twoWay {
		half := lagKeys / 2
		directions = []*direction{
			{from: servers[0], to: servers[1], keys: keys[:half], rate: rate / 2},
			{from: servers[1], to: servers[0], keys: keys[half:], rate: rate / 2},
		}
		flags = []string{"--two-way"}
	}
	for _, d := range directions {
		if d.writer, err = newWriter(d.from); err != nil {
			return nil, err
		}
		defer d.writer.pool.Close() //nolint:errcheck // it always succeeds
		if err := d.writer.fill(ctx, d.keys); err != nil {
			return nil, err
		}
	}
	r, err := b.replicate(ctx, servers[0], servers[1], flags...)
	if err == nil {
		err = r.equal(ctx)
	}
	if err != nil {
		return nil, err
	}
	if err := together(directions, func(d *direction) error { return d.measure(ctx, b.interval) }); err != nil {
		return nil, err
	}
	var lags []time.Duration
	for _, d := range directions {
		lags = append(lags, d.lags...)
	}
	slices.Sort(lags)
	if len(lags) == 0 {
		return nil, errors.New("no change was measured: use more seconds")
	}
	return lags, errors.Join(r.equal(ctx), mustBeEqual(ctx, servers[0], servers[1], keys))
}

// together does something for all of a list at the same time.
func together[T any](list []T, do func(T) error) error {
	failures := make([]error, len(list))
	var all sync.WaitGroup
	for i, one := range list {
		all.Go(func() { failures[i] = do(one) })
	}
	all.Wait()
	return errors.Join(failures...)
}

// direction measures the changes that go from one memcached to another.
type direction struct {
	from, to *load.Process
	keys     []string
	rate     int // changes a second
	writer   *writer

	mu      sync.Mutex
	sent    map[string]time.Time // changes that are not there yet
	lags    []time.Duration
	arrived chan struct{} // gets a value when sent becomes empty
}

// measure changes sessions for a time, and waits until the changes are there.
func (d *direction) measure(ctx context.Context, interval time.Duration) error {
	d.sent, d.arrived = make(map[string]time.Time), make(chan struct{}, 1)
	watching, err := watch(ctx, d.to.Address)
	if err != nil {
		return err
	}
	var reading sync.WaitGroup
	var failure error
	reading.Go(func() { failure = d.read(watching) })
	err = d.write(ctx, interval)
	if err == nil {
		err = d.wait(ctx)
	}
	_ = watching.Close() // makes read return
	reading.Wait()
	if err != nil {
		return errors.Join(err, failure)
	}
	return nil
}

// write changes sessions at the rate, some of them each millisecond.
func (d *direction) write(ctx context.Context, interval time.Duration) error {
	started := time.Now()
	for done := 0; ; {
		elapsed := time.Since(started)
		if elapsed >= interval {
			return nil
		}
		due := min(int(elapsed.Seconds()*float64(d.rate)), done+100)
		if due == done {
			time.Sleep(time.Millisecond / 2)
			continue
		}
		keys := make([]string, 0, due-done)
		for ; done < due; done++ {
			keys = append(keys, d.keys[done%len(d.keys)])
		}
		writes, err := d.writer.prepare(ctx, keys)
		if err != nil {
			return err
		}
		d.note(keys)
		if err := d.writer.put(ctx, writes); err != nil {
			return err
		}
	}
}

func (d *direction) note(keys []string) {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range keys {
		d.sent[key] = now
	}
}

// wait waits until all changes are there.
func (d *direction) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		d.mu.Lock()
		left := len(d.sent)
		d.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-d.arrived:
		case <-ctx.Done():
			return fmt.Errorf("%d changes did not arrive", left)
		}
	}
}

// watch follows the changes on a memcached.
func watch(ctx context.Context, address string) (net.Conn, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err == nil {
		_, err = io.WriteString(nc, "watch mutations\r\n")
	}
	if err == nil { // the changes from now on are reported
		_, err = io.ReadFull(nc, make([]byte, len("OK\r\n")))
	}
	if err != nil {
		return nil, fmt.Errorf("following the changes: %w", err)
	}
	return nc, nil
}

// read notes the changes that a memcached reports.
func (d *direction) read(nc net.Conn) error {
	lines := bufio.NewReaderSize(nc, 1<<20)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			return err //nolint:wrapcheck // measure closes the connection
		}
		if bytes.HasPrefix(line, []byte("skipped=")) {
			return fmt.Errorf("the change stream has left out changes: %s", line)
		}
		if key, at, ok := parseChange(string(line)); ok {
			d.arrive(key, at)
		}
	}
}

func (d *direction) arrive(key string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	sent, ok := d.sent[key]
	if !ok || at.Before(sent) { // the copy of the change before
		return
	}
	d.lags = append(d.lags, at.Sub(sent))
	if delete(d.sent, key); len(d.sent) == 0 {
		select {
		case d.arrived <- struct{}{}:
		default:
		}
	}
}

// parseChange reads a line of the change stream about an item that was stored. The
// digits behind the point are microseconds without leading zeros.
//
//	ts=1795372681.81612 gid=2 type=item_store key=k1 status=stored cmd=set ttl=100 clsid=1 cfd=25 size=3
func parseChange(line string) (key string, at time.Time, ok bool) {
	var stored bool
	for field := range strings.FieldsSeq(line) {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "ts":
			seconds, microseconds, _ := strings.Cut(value, ".")
			s, err := strconv.ParseInt(seconds, 10, 64)
			us, microErr := strconv.ParseInt(microseconds, 10, 64)
			if err != nil || microErr != nil {
				return "", time.Time{}, false
			}
			at = time.UnixMicro(s*1_000_000 + us)
		case "key":
			key = value
		case "status":
			stored = value == "stored"
		}
	}
	return key, at, stored && key != "" && !at.IsZero()
}
