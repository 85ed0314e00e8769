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

	"github.com/stretchr/testify/require"

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
	log           func(format string, args ...any)
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
