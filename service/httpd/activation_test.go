package httpd_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// runActivated makes this test the process that systemd starts, if [activated] has
// started it.
func runActivated() {
	addresses := os.Getenv("ACTIVATED")
	if addresses == "" {
		return
	}
	if err := serveActivated(strings.Split(addresses, ",")); err != nil {
		fmt.Println(err) //nolint:forbidigo // the test reads it
	}
	os.Exit(0) //nolint:forbidigo // this is the whole program
}

// serveActivated prints the listeners of addresses, each on a line, and serves on all of
// them until standard input ends.
func serveActivated(addresses []string) error {
	sockets := httpd.InheritedSockets(addresses...)
	var all []net.Listener
	for _, address := range addresses {
		listeners, err := sockets.Listen(address, httpd.Limits{Connections: 2})
		if err != nil {
			return err
		}
		for _, l := range listeners {
			fmt.Println(address, l.Addr().Network(), l.Addr()) //nolint:forbidigo // the test reads it
		}
		all = append(all, listeners...)
	}
	if err := sockets.Close(); err != nil {
		return err
	}
	fmt.Println("ready") //nolint:forbidigo // the test reads it
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	s := httpd.New(http.NotFoundHandler(), httpd.Options{Drain: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)})
	return s.Serve(ctx, 10*time.Second, all...)
}

// activated starts this test as systemd starts a service with sockets, and returns what
// it prints up to "ready" or its end.
func activated(t *testing.T, addresses, names string, files ...*os.File) (printed string, stop func()) {
	t.Helper()
	// The shell knows the number of the process that it becomes.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `LISTEN_PID=$$ exec "$0"`, os.Args[0]) //nolint:gosec // this test
	cmd.Env = append(os.Environ(), "ACTIVATED="+addresses, fmt.Sprint("LISTEN_FDS=", len(files)), "LISTEN_FDNAMES="+names)
	cmd.ExtraFiles = files
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var text strings.Builder
	buffer := make([]byte, 4<<10)
	for !strings.Contains(text.String(), "ready\n") {
		n, err := out.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	return text.String(), func() {
		require.NoError(t, in.Close())
		rest, err := io.ReadAll(out)
		require.NoError(t, err)
		assert.Empty(t, string(rest))
		require.NoError(t, cmd.Wait())
	}
}

// sockets opens a TCP socket and a unix socket, as systemd does.
func sockets(t *testing.T) (tcp *net.TCPListener, unix *net.UnixListener, files []*os.File) {
	t.Helper()
	tcp, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	unix, err = net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s"), Net: "unix"})
	require.NoError(t, err)
	first, err := tcp.File()
	require.NoError(t, err)
	second, err := unix.File()
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, c := range []io.Closer{tcp, unix, first, second} {
			assert.NoError(t, c.Close())
		}
	})
	return tcp, unix, []*os.File{first, second}
}

// An address has the sockets of its name, or those that no other address names.
func TestSystemdSockets(t *testing.T) {
	t.Parallel()
	tcp, unix, files := sockets(t)
	isTCP, isUnix := " tcp "+tcp.Addr().String()+"\n", " unix "+unix.Addr().String()+"\n"
	for _, tt := range []struct{ addresses, names, want string }{
		{"systemd", "a:b", "systemd" + isTCP + "systemd" + isUnix + "ready\n"},
		{"systemd", "", "systemd" + isTCP + "systemd" + isUnix + "ready\n"},
		{"systemd", "soap:soap", "systemd" + isTCP + "systemd" + isUnix + "ready\n"},
		{"systemd:soap", "soap:soap", "systemd:soap" + isTCP + "systemd:soap" + isUnix + "ready\n"},
		{"systemd:b,systemd:a", "a:b", "systemd:b" + isUnix + "systemd:a" + isTCP + "ready\n"},
		{"systemd,systemd:a", "a:b", "systemd" + isUnix + "systemd:a" + isTCP + "ready\n"},
		{"systemd:a", "a:b", "systemd:a" + isTCP + "httpd: systemd has passed sockets that no address names: b\n"},
		{"systemd:c", "a:b", "httpd: systemd has passed no socket for \"systemd:c\", only a, b: start the service by its .socket unit\n"},
		{"systemd:a,systemd:b,systemd", "a:b", "systemd:a" + isTCP + "systemd:b" + isUnix + "httpd: systemd has passed no socket for \"systemd\": start the service by its .socket unit\n"},
	} {
		printed, stop := activated(t, tt.addresses, tt.names, files...)
		stop()
		assert.Equal(t, tt.want, printed, "%s of %s", tt.addresses, tt.names)
	}
	printed, stop := activated(t, "systemd", "")
	stop()
	assert.Equal(t, "httpd: systemd has passed no socket for \"systemd\": start the service by its .socket unit\n", printed)
}

// A socket that accepts no connections is refused.
func TestSystemdSocketsThatDoNotListen(t *testing.T) {
	t.Parallel()
	tcp, _, _ := sockets(t)
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer packets.Close()
	connected, err := net.Dial("tcp", tcp.Addr().String())
	require.NoError(t, err)
	defer connected.Close()
	for _, c := range []any{packets, connected} {
		filer, ok := c.(interface{ File() (*os.File, error) })
		require.True(t, ok)
		file, err := filer.File()
		require.NoError(t, err)
		printed, stop := activated(t, "systemd:x", "x", file)
		stop()
		assert.Equal(t, "httpd: the socket x of systemd does not listen: use ListenStream= and no Accept=yes\n", printed)
		require.NoError(t, file.Close())
	}
}

// Restarts lose no connection: it waits in the socket for the next process. The socket
// stays where it is.
func TestSystemdSocketsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	tcp, unix, files := sockets(t)
	answers := make(chan error, 2)
	const calls = 60
	half := make(chan struct{}, 2)
	ask := func(addr net.Addr) error {
		conn, err := net.Dial(addr.Network(), addr.String())
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			return err
		}
		answer, err := io.ReadAll(conn)
		if err == nil && !strings.HasSuffix(string(answer), "\r\n\r\nok\n") {
			err = fmt.Errorf("%q", answer)
		}
		return err
	}
	for _, addr := range []net.Addr{tcp.Addr(), unix.Addr()} {
		go func() {
			for n := range calls {
				if err := ask(addr); err != nil {
					answers <- fmt.Errorf("call %d on %s: %w", n, addr, err)
					return
				}
				if n%20 == 10 {
					half <- struct{}{}
				}
			}
			answers <- nil
		}()
	}
	var stop func()
	for range calls / 20 {
		var printed string
		printed, stop = activated(t, "systemd", "", files...) // the first connection waits for it
		require.Contains(t, printed, "ready")
		<-half
		<-half
		stop()
	}
	_, stop = activated(t, "systemd", "", files...)
	require.NoError(t, <-answers)
	require.NoError(t, <-answers)
	stop()
	assert.FileExists(t, unix.Addr().String())
}
