package connect_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/certificatetest"
	"memcachedsoap/sessionstore/logtest"
	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/memcached/selector"
)

const ample = 30 * time.Second

func addressOf(t *testing.T, text string) selector.Address {
	t.Helper()
	a, err := selector.ParseAddress(text)
	require.NoError(t, err)
	return a
}

// dial connects to a server. A connection that is of no use must be closed.
func dial(t *testing.T, c *connect.Connector, address string) (net.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ample)
	defer cancel()
	var plain net.Conn
	nc, err := c.Dial(ctx, func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		plain, err = new(net.Dialer).DialContext(ctx, network, address)
		return plain, err
	}, addressOf(t, address))
	switch {
	case err == nil:
		t.Cleanup(func() { nc.Close() })
	case plain != nil:
		require.ErrorIs(t, plain.SetDeadline(time.Time{}), net.ErrClosed, "after: %v", err)
	}
	return nc, err
}

func fileWith(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) //nolint:gosec // a file of this test
	return file
}

// A server that does not ask for a password would store it as an item.
func TestPasswordIsSentOnlyWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var received strings.Builder
	address := memcachedtest.Serve(t, func(nc net.Conn) {
		for lines := bufio.NewScanner(nc); lines.Scan(); {
			mu.Lock()
			received.WriteString(lines.Text())
			mu.Unlock()
			io.WriteString(nc, "EN\r\n") //nolint:errcheck // the client may be gone
		}
	})
	var log strings.Builder
	c, err := connect.New(connect.Options{
		AuthFile: fileWith(t, "soap:open-Sesame\n"), Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	for range 3 {
		_, err = dial(t, c, address)
		require.NoError(t, err)
	}
	mu.Lock()
	defer mu.Unlock()
	assert.NotContains(t, received.String(), "Sesame")
	assert.Equal(t, 1, strings.Count(log.String(), "does not ask for the password"))
	assert.NotContains(t, log.String(), "Sesame")
}

// A server accepts its own user and password only.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	server := memcachedtest.StartWithPassword(t, "soap", "right")
	for text, want := range map[string]connect.Refusal{
		"soap:wrong\n": connect.WrongPassword,
		"root:right\n": connect.WrongPassword,
	} {
		c, err := connect.New(connect.Options{AuthFile: fileWith(t, text)})
		require.NoError(t, err)
		_, err = dial(t, c, server.Addr)
		var refused *connect.RefusedError
		require.ErrorAs(t, err, &refused, text)
		assert.Equal(t, want, refused.Why)
		assert.NotContains(t, err.Error(), "right")
		assert.NotContains(t, err.Error(), "soap")
	}
}

// A connection that the server does not answer ends with the call that needs it, and one
// that it has answered does not.
func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	closed := make(chan struct{})
	silent := memcachedtest.Serve(t, func(nc net.Conn) {
		bufio.NewReader(nc).ReadString('\n') //nolint:errcheck // it is what the test waits for
		asked <- struct{}{}
		io.Copy(io.Discard, nc) //nolint:errcheck // until the client has closed it
		close(closed)
	})
	c, err := connect.New(connect.Options{AuthFile: fileWith(t, "soap:password\n")})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err = c.Dial(ctx, new(net.Dialer).DialContext, addressOf(t, silent))
	require.ErrorIs(t, err, context.Canceled)
	select {
	case <-closed:
	case <-time.After(ample):
		require.Fail(t, "the connection stays open")
	}

	ctx, cancel = context.WithCancel(t.Context())
	server := memcachedtest.StartWithPassword(t, "soap", "password")
	nc, err := c.Dial(ctx, new(net.Dialer).DialContext, addressOf(t, server.Addr))
	require.NoError(t, err)
	defer nc.Close()
	cancel()
	_, err = io.WriteString(nc, "version\r\n")
	require.NoError(t, err)
	line, err := bufio.NewReader(nc).ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, "VERSION")
}

// Each server gets its own password.
func TestPasswordsOfServers(t *testing.T) {
	t.Parallel()
	one := memcachedtest.StartWithPassword(t, "soap", "one")
	two := memcachedtest.StartWithPassword(t, "soap", "two:and:more")
	c, err := connect.New(connect.Options{AuthFile: fileWith(t, "# passwords\n\nsoap:one\n  "+two.Addr+"\tsoap:two:and:more  \n")})
	require.NoError(t, err)
	for _, server := range []*memcachedtest.Server{one, two} {
		nc, err := dial(t, c, server.Addr)
		require.NoError(t, err)
		_, err = io.WriteString(nc, "version\r\n")
		require.NoError(t, err)
		line, err := bufio.NewReader(nc).ReadString('\n')
		require.NoError(t, err)
		assert.Contains(t, line, "VERSION", "nothing else was left on the connection")
	}
}

func TestPasswordFileIsStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ //nolint:gosec // no passwords of anybody
		"":                              "has no line USER:PASSWORD",
		"# only\n":                      "has no line USER:PASSWORD",
		"secret\n":                      "line 1: the line must be",
		"a:secret\nb:secret\n":          "line 2: the line is the second one for the same server",
		"h:1 a:secret\nH:1 b:secret\n":  "line 2: the line is the second one",
		"a:\n":                          "line 1: the line must be",
		":secret\n":                     "line 1: the line must be",
		"a b:secret c\n":                "neither may have blanks",
		"h:x a:secret\n":                "names no server",
		"a:secret\x01\n":                "has a control character",
		strings.Repeat("x", 600) + "\n": "line 1: bufio.Scanner: token too long",
	} {
		_, err := connect.New(connect.Options{AuthFile: fileWith(t, text)})
		require.ErrorContains(t, err, want)
		assert.NotContains(t, err.Error(), "secret")
	}
}

// The files are read again when they were replaced. A session that was made with
// other authorities is not resumed. A file that cannot be used changes nothing.
func TestChangedFilesAreRead(t *testing.T) {
	t.Parallel()
	authority, other := certificatetest.NewAuthority(t, "authority"), certificatetest.NewAuthority(t, "authority")
	text, err := os.ReadFile(authority.CA())
	require.NoError(t, err)
	file := fileWith(t, string(text))
	replace := func(with string) {
		t.Helper()
		text, err := os.ReadFile(with)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file+".new", text, 0o600)) //nolint:gosec // a file of this test
		require.NoError(t, os.Rename(file+".new", file))
	}
	var log logtest.Buffer
	c, err := connect.New(connect.Options{CAFile: file, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	address, resumed := secureServer(t, authority, new(tls.Config))
	_, err = dial(t, c, address)
	require.NoError(t, err)

	replace("connect_test.go")
	require.Eventually(t, func() bool {
		_, err := dial(t, c, address)
		assert.NoError(t, err)
		return strings.Contains(log.String(), "cannot be used")
	}, ample, 50*time.Millisecond)

	replace(other.CA())
	var refused *connect.RefusedError
	require.Eventually(t, func() bool {
		_, err := dial(t, c, address)
		return err != nil && assert.ErrorAs(t, err, &refused)
	}, ample, 50*time.Millisecond)
	assert.Equal(t, connect.Untrusted, refused.Why)

	before := resumed()
	replace(authority.CA())
	require.Eventually(t, func() bool {
		_, err := dial(t, c, address)
		return err == nil
	}, ample, 50*time.Millisecond)
	assert.Equal(t, before, resumed(), "a session of the former authorities")
}
