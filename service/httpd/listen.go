package httpd

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
)

// CheckAddress returns an error if no [Listen] can open an address, because its form is
// wrong, or it is a unix socket with options that do not exist. It asks no server for the
// name of a host.
func CheckAddress(address string) error {
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		_, err := parseSocket(path)
		return err
	}
	if IsSystemd(address) {
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("httpd: %w: use HOST:PORT, :PORT, unix:PATH or systemd", err)
	}
	if _, err := net.DefaultResolver.LookupPort(context.Background(), "tcp", port); err != nil { // services have names
		return fmt.Errorf("httpd: address %s: the port must be a number up to 65535, or the name of a service", address)
	}
	return nil
}

// Listen opens an address: HOST:PORT, :PORT, or unix:PATH for a unix socket, with the
// options ?mode=0660&group=NAME. Without a mode all local users may connect to the
// socket if the permissions of its folder allow it. Listen replaces a socket of a
// process that has ended, and fails if a process listens on it. When a bound of the
// connections is reached, new ones take the place of those without a request, or wait.
func Listen(ctx context.Context, address string, limits Limits) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, unixScheme); ok {
		s, err := parseSocket(path)
		if err != nil {
			return nil, err
		}
		l, err := s.listen(ctx)
		if err != nil {
			return nil, err
		}
		return newListener(l, limits), nil
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false) // stopAccepting does not work with it
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	return newListener(l, limits), nil
}

// stopAccepting prevents new connections. Those that have begun can still be
// accepted. A socket that another process has, too, stays as it is: connections wait
// there for the next instance.
func (l *listener) stopAccepting() error {
	if l.shared {
		return nil
	}
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
