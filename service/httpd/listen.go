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
)

const unixScheme = "unix:"

// Listen opens an address: HOST:PORT, :PORT, or unix:PATH for a unix socket. All
// local users may connect to the socket if the permissions of its folder allow it.
// Listen replaces a socket of a process that has ended, and fails if a process
// listens on it. When a bound of the connections is reached, new ones take the place
// of those without a request, or wait.
func Listen(ctx context.Context, address string, limits Limits) (net.Listener, error) {
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
	return newListener(l, limits), nil
}

// stopAccepting prevents new connections. Those that have begun can still be
// accepted.
func (l *listener) stopAccepting() error {
	switch inner := l.Listener.(type) {
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
