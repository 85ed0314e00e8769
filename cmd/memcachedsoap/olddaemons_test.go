package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

// oldDaemons behave as MemcachedReplicator and MemcachedClient of
// Apache::Session::Memorycached 2.2.1 do together: what a program stores with set on one
// server they store on another one, with their signature in it and without its time to
// live.
type oldDaemons struct {
	local, remote string
	signature     string
	safetime      time.Duration
}

// start starts the daemons until stop is called. copied counts what they have stored.
func (o oldDaemons) start(t *testing.T) (copied func() int, stop func()) {
	t.Helper()
	watch, err := net.Dial("tcp", o.local)
	require.NoError(t, err)
	_, err = io.WriteString(watch, "watch mutations\r\n")
	require.NoError(t, err)
	lines := bufio.NewScanner(watch)
	require.True(t, lines.Scan())
	require.Equal(t, "OK", lines.Text())
	var mu sync.Mutex
	n := 0
	var running sync.WaitGroup
	running.Go(func() {
		// As in the log of memcached -vv: of all commands only set.
		set := regexp.MustCompile(`key=([0-9a-f]+) status=stored cmd=set `)
		for lines.Scan() {
			if found := set.FindStringSubmatch(lines.Text()); found != nil && o.copy(found[1]) {
				mu.Lock()
				n++
				mu.Unlock()
			}
		}
	})
	stop = sync.OnceFunc(func() {
		watch.Close()
		running.Wait()
	})
	t.Cleanup(stop)
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}, stop
}

// copy copies a session, unless it is a copy itself that is younger than the safetime,
// or the other server has one.
func (o oldDaemons) copy(id string) bool {
	session := o.read(o.local, id)
	if session == nil || o.isYoung(session) {
		return false
	}
	if there := o.read(o.remote, id); there != nil && o.isYoung(there) {
		return false
	}
	now := time.Now().Unix()
	session.Set(o.signature, perldata.BytesOf(fmt.Sprintf("%d#%d", now, now)))
	image, err := storable.Codec{}.Append(nil, session)
	if err != nil {
		return false
	}
	return setRaw(o.remote, id, image, 0) == nil
}

func (o oldDaemons) isYoung(session *perldata.Hash) bool {
	v, found := session.Get(o.signature)
	if !found {
		return false
	}
	text, _, _ := strings.Cut(v.Str(), "#")
	at, err := strconv.ParseInt(text, 10, 64)
	return err == nil && time.Since(time.Unix(at, 0)) < o.safetime
}

// read returns a session on a server, or nil.
func (oldDaemons) read(server, id string) *perldata.Hash {
	image, flags := getRaw(server, id)
	if flags&1 == 0 || len(image) == 0 {
		return nil
	}
	session, err := storable.Codec{}.Decode(image)
	if err != nil {
		return nil
	}
	return session
}

// getRaw reads an item as a Perl program does.
func getRaw(server, key string) (image []byte, flags uint64) {
	c, err := net.Dial("tcp", server)
	if err != nil {
		return nil, 0
	}
	defer c.Close()
	if _, err := io.WriteString(c, "get "+key+"\r\n"); err != nil {
		return nil, 0
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) != 4 {
		return nil, 0
	}
	flags, _ = strconv.ParseUint(fields[2], 10, 32)
	size, _ := strconv.Atoi(fields[3])
	image = make([]byte, size)
	if _, err := io.ReadFull(r, image); err != nil {
		return nil, 0
	}
	return image, flags
}

// setRaw stores an item as a Perl program does, for some seconds; 0 is for ever.
func setRaw(server, key string, image []byte, ttl int) error {
	c, err := net.Dial("tcp", server)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "set %s 1 %d %d\r\n%s\r\n", key, ttl, len(image), image); err != nil {
		return err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && line != "STORED\r\n" {
		err = fmt.Errorf("memcached answers %q", line)
	}
	return err
}

// storeAsPerl stores a session as a program of Apache::Session::Memorycached does, for
// some seconds.
func storeAsPerl(t *testing.T, server, id, uid string, ttl int) {
	t.Helper()
	require.NoError(t, setRaw(server, id, imageOf(t, id, uid), ttl))
}

func imageOf(t *testing.T, id, uid string) []byte {
	t.Helper()
	session := perldata.NewHash(2)
	session.Set("uid", perldata.BytesOf(uid))
	session.Set(sessionstore.IDAttribute, perldata.BytesOf(id))
	image, err := storable.Codec{}.Append(nil, session)
	require.NoError(t, err)
	return image
}

// The old daemons are stopped and replicate is started: their copies get the time to
// live of the originals and lose the signature, and what they did not copy is copied.
func TestReplicateAfterTheOldDaemons(t *testing.T) {
	t.Parallel()
	from, to := memcachedtest.Start(t), memcachedtest.Start(t)
	url, _, _ := startService(t, "--servers", from.Addr, "--store-timeout", "10s")
	originals := openPool(t, memcached.Options{Servers: []string{from.Addr}})
	copies := openPool(t, memcached.Options{Servers: []string{to.Addr}})
	copied, stop := oldDaemons{local: from.Addr, remote: to.Addr, signature: "mastersur11211", safetime: time.Hour}.start(t)
	for _, id := range []string{"ab12", "ab13"} {
		storeAsPerl(t, from.Addr, id, "dwho", 300)
	}
	require.Eventually(t, func() bool { return copied() == 2 }, time.Minute, 10*time.Millisecond)
	item := itemOf(t, copies, "ab12")
	require.Zero(t, item.ExpiresIn, "the old daemons lose the time to live")
	require.Contains(t, string(item.Image), "mastersur11211")
	done(t, url, "session", "delete", "ab13")
	stop()

	r := startReplicator(t, from.Addr, to.Addr, "--ignore-attributes", "mastersur11211")
	r.awaitReady(t)
	item = itemOf(t, copies, "ab12")
	assert.True(t, backend.SameContent(itemOf(t, originals, "ab12"), item))
	assert.InDelta(t, 300, item.ExpiresIn.Seconds(), 60)
	assert.True(t, itemOf(t, copies, "ab13").Deleted)
	assert.Positive(t, scrape(t, clientOf("", r.health))["memcachedsoap_replication_unsigned_total"])
}

// Old daemons that still run are noticed. What they write is set right.
func TestReplicateBesideTheOldDaemons(t *testing.T) {
	t.Parallel()
	from, to := memcachedtest.Start(t), memcachedtest.Start(t)
	url, _, _ := startService(t, "--servers", from.Addr, "--store-timeout", "10s")
	sides := []*memcached.Backend{
		openPool(t, memcached.Options{Servers: []string{from.Addr}}), openPool(t, memcached.Options{Servers: []string{to.Addr}}),
	}
	r := startReplicator(t, from.Addr, to.Addr, "--two-way", "--reconcile", "1s", "--ignore-attributes", "one,two")
	r.awaitReady(t)
	forth, _ := oldDaemons{local: from.Addr, remote: to.Addr, signature: "one", safetime: time.Hour}.start(t)
	oldDaemons{local: to.Addr, remote: from.Addr, signature: "two", safetime: time.Hour}.start(t)
	storeAsPerl(t, from.Addr, "ab12", "dwho", 300)
	require.Eventually(t, func() bool { return forth() == 1 }, time.Minute, 10*time.Millisecond)
	const said = "a session has the signature of client_memcached.pl: stop the old replication daemons"
	require.Eventually(t, func() bool { return len(r.log.lines(t, said)) == 1 }, time.Minute, 5*time.Millisecond)
	image := imageOf(t, "ab12", "dwho")
	require.Eventually(t, func() bool {
		for _, side := range sides {
			item, err := side.Get(t.Context(), "ab12")
			if err != nil || string(item.Image) != string(image) || item.ExpiresIn == 0 {
				return false
			}
		}
		return true
	}, time.Minute, 5*time.Millisecond, "%s", r.log)

	// A program on the other side stores the session again that was ended here.
	done(t, url, "session", "delete", "ab12")
	awaitItem(t, sides[1], "ab12", func(i backend.Item) bool { return i.Deleted })
	storeAsPerl(t, to.Addr, "ab12", "dwho", 300)
	isDeleted := func(side *memcached.Backend) bool {
		item, err := side.Get(t.Context(), "ab12")
		return err == nil && item.Deleted
	}
	require.Eventually(t, func() bool {
		_, text := ready(t, r.health)
		return isDeleted(sides[0]) && isDeleted(sides[1]) && strings.HasPrefix(text, "ready\n0 changes wait\n")
	}, time.Minute, 50*time.Millisecond)
}
