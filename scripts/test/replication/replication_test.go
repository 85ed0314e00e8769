package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/scripts/test/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBenchmark(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-items", "500", "-seconds", "0.3", "-rounds", "1", "-rate", "100"}, &out, io.Discard))
	for _, row := range []string{
		`\| one way, 1000 changes/s \| [\d.]+ ms \| [\d.]+ ms \| [\d.]+ ms \| at most 10ms: `,
		`\| two-way, 5000 changes/s \| [\d.]+ ms \|`,
		`\| 500 sessions \| median \|`,
		`\| comparison of equal pools \| [\d.]+ s \| [\d.]+ s \| at most 1s: `,
		`\| copy restarted empty, until it is equal again \| [\d.]+ s \|`,
		`\| memory of the replicator \| \d+ MiB \|`,
		`\| with replication \| [\d.]+ ms \| [\d.]+ ms \| \d+ µs \| [-+]\d+ %, [-+]\d+ %, [-+]\d+ % \|`,
		`\| from the standby \| [\d.]+ ms \| [\d.]+ ms \| \d+ µs \| at most 2ms: `,
	} {
		assert.Regexp(t, row, out.String())
	}
}

func TestFlags(t *testing.T) {
	s, err := parse(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, settings{items: 100_000, interval: 10 * time.Second, rounds: 5, rate: 2000}, s)
	for _, args := range []string{
		"-items 0", "-items 1000001", "-seconds 0", "-seconds NaN", "-rounds 0", "-rate 0", "-rate NaN", "-only nothing", "surplus", "-nosuch",
	} {
		_, err := parse(strings.Fields(args), io.Discard)
		assert.ErrorContains(t, err, "replication: ", args)
	}
}

func TestParseChange(t *testing.T) {
	key, at, ok := parseChange("ts=1795372681.81612 gid=2 type=item_store key=k1 status=stored cmd=set ttl=100 clsid=1 cfd=25 size=3\n")
	require.True(t, ok)
	require.Equal(t, "k1", key)
	require.Equal(t, time.UnixMicro(1795372681_081612), at)
	for _, line := range []string{
		"", "OK\r\n", "ts=1795372681.81612 gid=2 type=item_store key=k1 status=exists cmd=cas\n", "ts=x.1 key=k status=stored\n",
	} {
		_, _, ok := parseChange(line)
		require.False(t, ok, line)
	}
}

// The settings of memcached that the page advises leave its slab sizes as they are.
func TestAdvisedLogBuffers(t *testing.T) {
	page, err := os.ReadFile("../../../docs/replication.md")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(page), "\n  sizes=$sizes", "")
	require.Contains(t, text, "  sizes="+slabSizes+"\n  memcached -m 1024 -o "+strings.ReplaceAll(logBuffers, slabSizes, "$sizes")+"\n")
	b := &bench{dir: t.TempDir()}
	defer b.stop()
	advised, err := b.memcached(t.Context())
	require.NoError(t, err)
	plain, err := load.StartMemcached(t.Context(), t.TempDir())
	require.NoError(t, err)
	defer plain.Stop()
	slabs := slabsOf(t, plain.Address)
	require.Len(t, slabs, 4)
	require.Equal(t, slabs, slabsOf(t, advised.Address))
	pool, err := open(advised)
	require.NoError(t, err)
	defer pool.Close()
	info, err := pool.Describe(t.Context(), 0)
	require.NoError(t, err)
	require.EqualValues(t, 4<<20, info.WorkerLogBuffer)
	require.EqualValues(t, 8<<20, info.WatcherLogBuffer)
}

// slabsOf returns which slab sizes items of some sizes take.
func slabsOf(t *testing.T, address string) (sizes []string) {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer nc.Close()
	for _, size := range []int{1, imageSize, 5000, 100_000} {
		_, err := fmt.Fprintf(nc, "ms size%d %d q\r\n%s\r\n", size, size, strings.Repeat("x", size))
		require.NoError(t, err)
	}
	_, err = io.WriteString(nc, "stats slabs\r\n")
	require.NoError(t, err)
	for lines := bufio.NewScanner(nc); lines.Scan() && lines.Text() != "END"; {
		if strings.Contains(lines.Text(), ":chunk_size ") {
			sizes = append(sizes, lines.Text())
		}
	}
	return sizes
}

func TestPoolsThatDiffer(t *testing.T) {
	b := &bench{dir: t.TempDir()}
	defer b.stop()
	servers, err := b.memcacheds(t.Context(), 2)
	require.NoError(t, err)
	keys := keysOf(3)
	for i, server := range servers {
		w, err := newWriter(server)
		require.NoError(t, err)
		require.NoError(t, w.fill(t.Context(), keys[i:]))
		require.NoError(t, w.pool.Close())
	}
	require.ErrorContains(t, mustBeEqual(t.Context(), servers[0], servers[1], keys), "3 of 3 sessions differ")
	require.NoError(t, mustBeEqual(t.Context(), servers[0], servers[0], keys))
}
