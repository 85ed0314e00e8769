package httpd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
)

const unixScheme = "unix:"

// Listen opens an address: HOST:PORT, :PORT, or unix:PATH for a unix socket. All
// local users may connect to the socket if the permissions of its folder allow it.
// Listen replaces a socket of a process that has ended, and fails if a process
// listens on it. At most maxConnections are open at a time; others wait in the
// kernel's queue.
func Listen(ctx context.Context, address string, maxConnections int) (net.Listener, error) {
	network := "tcp"
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		network, address = "unix", path
		if err := removeStale(ctx, path); err != nil {
			return nil, err
		}
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false) // stopAccepting does not work with it
	var l net.Listener
	var err error
	listen := func() { l, err = config.Listen(ctx, network, address) }
	if network == "unix" {
		// The folder decides who may connect, as for the sockets of web servers. The
		// umask creates the socket with its mode 0666; a change of the mode afterwards
		// would leave a moment with another one.
		withUmask(0o111, listen)
	} else {
		listen()
	}
	if err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	return &listener{Listener: netutil.LimitListener(l, maxConnections), inner: l}, nil
}

// listener is a listener that can stop accepting before it is closed.
type listener struct {
	net.Listener
	inner net.Listener
}

// stopAccepting prevents new connections. Those that have begun can still be
// accepted.
func (l *listener) stopAccepting() error {
	switch inner := l.inner.(type) {
	case *net.TCPListener:
		return stopAcceptingTCP(inner)
	case *net.UnixListener:
		inner.SetUnlinkOnClose(false) // by then the path may be that of another process
		if err := os.Remove(inner.Addr().String()); err != nil {
			return fmt.Errorf("httpd: %w", err)
		}
	}
	return nil
}

// removeStale removes a socket on which no process listens.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("httpd: %s exists and is not a socket", path)
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("httpd: another process listens on %s", path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("httpd: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	return nil
}
