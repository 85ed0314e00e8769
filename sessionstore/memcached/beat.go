package memcached

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"memcachedsoap/sessionstore/backend"
)

// beater keeps a server awake that is watched, and asks it what it has left
// out.
type beater struct {
	stream *stream
	nc     net.Conn
	reader *bufio.Reader
	known  missed
}

// missed is what a server has left out in telling of changes, to all who watch
// it, since it was started.
type missed struct {
	dropped int64 // by a thread whose buffer was full
	skipped int64 // for somebody who was slow to read
}

func (b *beater) run(ctx context.Context) error {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for n := 1; ; n++ {
		if err := b.beat(); err != nil {
			return err
		}
		if n%statsEvery == 0 {
			now, err := b.missed()
			if err != nil {
				return err
			}
			if now != b.known {
				b.stream.dropped.Add(max(now.dropped-b.known.dropped, 0))
				b.stream.options.Lost()
			}
			b.known = now
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// beat stores the next item.
func (b *beater) beat() error {
	st := b.stream
	number := st.last.Load() + 1
	st.sent[number%beatKeys].Store(max(int64(time.Since(st.started)), 1))
	st.last.Store(number)
	line, err := b.command("ms " + st.prefix + st.beats + strconv.FormatInt(number%beatKeys, 10) + " 0 T" + beatLife + lineEnd)
	if err == nil && string(line) != "HD" {
		err = unexpected("ms", line)
	}
	return err
}

// beatSeen notes that the server has told of a beat. Beats come in their order,
// for they are sent over one connection; some may be left out.
func (st *stream) beatSeen(text string) {
	turn, err := strconv.ParseInt(text, 10, 64)
	if err != nil || turn < 0 || turn >= beatKeys {
		return
	}
	number := st.next + ((turn-st.next)%beatKeys+beatKeys)%beatKeys
	if number > st.last.Load() {
		return // sent before following began
	}
	st.next = number + 1
	st.proof.Store(st.sent[turn].Load())
	st.followed.Store(true)
}

// missed asks the server what it has left out.
func (b *beater) missed() (missed, error) {
	if err := b.send("stats"); err != nil {
		return missed{}, err
	}
	stats, err := readStats(b.reader)
	if err != nil {
		return missed{}, err
	}
	var m missed
	for _, s := range stats {
		switch s.Name {
		case "log_worker_dropped":
			m.dropped = countOf(s)
		case "log_watcher_skipped":
			m.skipped = countOf(s)
		}
	}
	return m, nil
}

func countOf(s backend.Stat) int64 {
	n, err := strconv.ParseInt(s.Value, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (b *beater) command(text string) ([]byte, error) {
	if err := b.send(text); err != nil {
		return nil, err
	}
	return readLine(b.reader)
}

// send bounds the time until the answer.
func (b *beater) send(text string) error {
	if err := b.nc.SetDeadline(time.Now().Add(silence)); err != nil {
		return fmt.Errorf("memcached: %w", err)
	}
	if _, err := b.nc.Write([]byte(text + lineEnd)); err != nil {
		return fmt.Errorf("memcached: sending a command: %w", err)
	}
	return nil
}
