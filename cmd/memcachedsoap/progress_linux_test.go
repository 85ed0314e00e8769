package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/replication"
	"memcachedsoap/sessionstore/storable"
)

// resize makes a terminal as wide as this.
func (tty *terminal) resize(t *testing.T, columns uint16) {
	t.Helper()
	control(t, tty.program, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	})
}

func (tty *terminal) awaits(t *testing.T, pattern string) {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	require.Eventually(t, func() bool { return expression.MatchString(tty.shown()) }, time.Minute, 5*time.Millisecond, "%s in %q", pattern, tty)
}

func (tty *terminal) String() string { return tty.shown() }

// storedSessions starts a server that has a number of sessions.
func storedSessions(t *testing.T, n int) (address string) {
	t.Helper()
	address = memcachedtest.Start(t).Addr
	b := openPool(t, memcached.Options{Servers: []string{address}})
	for range n {
		storePlainly(t, b, string(sessionstore.NewID()), "dwho")
	}
	return address
}

// Moving sessions draws a bar on a terminal, on standard error; the result is on standard
// output. TERM=dumb and --quiet draw none.
func TestMoveOnATerminal(t *testing.T) {
	move := func(name, rate string, args ...string) (shown, out string) {
		t.Setenv("TERM", name)
		from, to := storedSessions(t, 60), memcachedtest.Start(t).Addr
		tty := newTerminal(t)
		tty.resize(t, 120)
		var printed strings.Builder
		code := run(t.Context(), append([]string{"pool", "move", "--from", from, "--to", to, "--rate", rate, "--from-store-timeout", "10s", "--to-store-timeout", "10s", "--json"}, args...),
			streams{In: strings.NewReader(""), Out: &printed, Err: tty.program})
		require.Equal(t, exitDone, code, tty)
		if len(args) == 0 && name != "dumb" {
			tty.awaits(t, ` in [0-9.ms]+\r\n$`)
		}
		return tty.shown(), printed.String()
	}
	shown, out := move("xterm", "15")
	assert.Regexp(t, `\r\[#+ *\] moving: \d+ of 60 items \(\d+ %\), \d+ a second, ends in about [0-9.ms]+, at \d\d:\d\d:\d\d\x1b\[K`, shown)
	assert.Regexp(t, `\r\x1b\[Kmoving: 60 of 60 items in [0-9.ms]+\r\n$`, shown, "the last line says what was done")
	assert.Equal(t, "{\"moved\":60}\n", out)

	shown, _ = move("dumb", "60")
	assert.Empty(t, shown, "it takes less than ten seconds")
	shown, out = move("xterm", "60", "--quiet")
	assert.Empty(t, shown)
	assert.Equal(t, "{\"moved\":60}\n", out)
}

// The time that a service takes is shown on a terminal, and removed when it answers.
func TestFindOnATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	tty := newTerminal(t)
	p := startProgress(streams{Err: tty.program}, false)
	p.begin(stage{name: "waiting for the service", limit: 10 * time.Second})
	tty.awaits(t, `\rwaiting for the service: \ds of at most 10s\x1b\[K$`)
	p.stop()
	tty.awaits(t, `\r\x1b\[K$`)
	assert.NotContains(t, tty.shown(), "\n")
}

// blocked is a pool on which a scan, or writing, waits until it is released.
type blocked struct {
	backend.Replica

	scan, put chan struct{}
}

func (b blocked) ScanHeads(ctx context.Context, server int, visit func(backend.Head) error) error {
	<-b.scan
	return b.Replica.ScanHeads(ctx, server, visit)
}

func (b blocked) Put(ctx context.Context, server int, writes []backend.Write) []error {
	<-b.put
	return b.Replica.Put(ctx, server, writes)
}

// The first copy draws a bar below the log on a terminal; its counts are true.
func TestReplicateOnATerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	from, to := storedSessions(t, 50), memcachedtest.Start(t).Addr
	tty := newTerminal(t)
	tty.resize(t, 120)
	c := &replicateCommand{}
	c.LogFormat = "json"
	shown, std := c.bar(streams{Err: tty.program})
	logger, _, closeLog := c.openLog(std)
	defer closeLog()
	copies := blocked{openPool(t, memcached.Options{Servers: []string{to}}), make(chan struct{}), make(chan struct{})}
	replicator := replication.New(replication.Options{
		From: openPool(t, memcached.Options{Servers: []string{from}}), To: copies, Logger: logger,
		Rules: sessionstore.NewReplicaRules(storable.Codec{}, nil),
	})
	assert.Equal(t, replication.Progress{}, replicator.Progress())
	shown.poll = func() (string, func() count) { return progressOf(replicator) }
	ended := make(chan error, 1)
	go func() { ended <- c.once(t.Context(), replicator, shown, logger) }()
	tty.awaits(t, `\r\[#+ *\] comparing: 50 of about \d+ items \(\d+ %\), \d+ a second`)
	logger.Info("a line of the log")
	close(copies.scan)
	tty.awaits(t, `\r\[ +\] copying: 0 of 50 items \(0 %\), 0 a second\x1b\[K`)
	close(copies.put)
	require.NoError(t, <-ended)
	tty.awaits(t, `"msg":"compared everything"`)
	assert.Regexp(t, `\r\x1b\[K\{[^\r]*"msg":"a line of the log"\}\r\n\r\[`, tty.shown(), "the bar is below the log")
	assert.Regexp(t, `\r\x1b\[Kcomparing: 50 items in [0-9.ms]+\r\n`, tty.shown())
	assert.Regexp(t, `\r\x1b\[Kcopying: 50 of 50 items in [0-9.ms]+\r\n`, tty.shown())
	assert.Equal(t, replication.Progress{Scanned: 50, Items: replicator.Progress().Items, Differing: 50, LookedAt: 50}, replicator.Progress())
}
