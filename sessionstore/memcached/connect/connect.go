package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
)

// Options say how to connect. Every field may be empty.
type Options struct {
	// CAFile has the certificates of the authorities, in PEM, that may sign those of
	// the servers. A server's own certificate may be in it. Without it the
	// authorities of the system are trusted.
	CAFile string
	// CertFile and KeyFile have the client certificate and its key, in PEM.
	CertFile, KeyFile string
	// ServerName is the name that the certificates of the servers must have; without
	// it, the host of each server's address.
	ServerName string
	// AuthFile has the passwords, see [readPasswords].
	AuthFile string
	// Logger logs when a changed file cannot be used, and when a server does not ask
	// for the password; nil logs nothing.
	Logger *slog.Logger
}

// Dialer makes a plain connection, as [net.Dialer.DialContext] does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Connector makes connections to the servers of one or several pools. Its methods
// may be called from any goroutine. A nil Connector is for servers without TLS and
// without password.
type Connector struct {
	serverName string
	logger     *slog.Logger
	tls        *changing[*material]
	passwords  *changing[passwords] // nil without Options.AuthFile

	mu   sync.Mutex
	open map[string]bool // servers that do not ask for their password, by address
}

// New makes a Connector. It reads all files, and fails if one of them cannot be used.
func New(o Options) (*Connector, error) {
	c := &Connector{
		serverName: o.ServerName, logger: cmp.Or(o.Logger, slog.New(slog.DiscardHandler)), open: make(map[string]bool),
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, errors.New("a client certificate needs its key, and the key its certificate")
	}
	var err error
	c.tls, err = newChanging(c.logger, func() (*material, error) { return readMaterial(o) }, o.CAFile, o.CertFile, o.KeyFile)
	if err != nil {
		return nil, err
	}
	if o.AuthFile == "" {
		return c, nil
	}
	c.passwords, err = newChanging(c.logger, func() (passwords, error) { return readPasswords(o.AuthFile) }, o.AuthFile)
	return c, err
}

// Dial connects to a server. The connection can be used when it returns: the server
// has accepted it. ctx bounds the time.
func (c *Connector) Dial(ctx context.Context, dial Dialer, a selector.Address) (net.Conn, error) {
	nc, err := dial(ctx, a.Network(), a.String())
	if err != nil {
		return nil, err
	}
	login, hasLogin := c.login(a)
	if !a.IsTLS() && !hasLogin {
		return nc, nil // the first command will tell
	}
	used, err := c.prepare(ctx, nc, a, login, hasLogin)
	if err != nil {
		nc.Close() //nolint:errcheck // of no use
		return nil, err
	}
	return used, nil
}

// prepare encrypts a connection and logs in.
func (c *Connector) prepare(ctx context.Context, nc net.Conn, a selector.Address, l login, hasLogin bool) (net.Conn, error) {
	var secured *Conn
	if a.IsTLS() {
		var err error
		if secured, err = c.secure(ctx, nc, a); err != nil {
			return nil, err
		}
		nc = secured
	}
	if err := c.greet(ctx, nc, a, l, hasLogin); err != nil {
		if secured != nil {
			err = secured.refusedAfterwards(err)
		}
		return nil, err
	}
	return nc, nil
}

// greeting asks for an item that is not there. A server that speaks TLS or the binary
// protocol only has got enough of it to close the connection; for a shorter command it
// would wait. The answer names the key, so that no later command takes it for its own
// if the server sends it twice.
const greeting = "mg " + backend.ReservedKeys + "greeting k" + protocol.LineEnd

// greet asks a new connection whether the server accepts it, and logs in if the
// server asks for that.
func (c *Connector) greet(ctx context.Context, nc net.Conn, a selector.Address, l login, hasLogin bool) error {
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) }) //nolint:errcheck // it is closed then
	line, err := ask(nc, greeting)
	if err == nil {
		err = c.authenticate(nc, a, line, l, hasLogin)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() //nolint:wrapcheck // the caller's own
	}
	return err //nolint:wrapcheck // its caller says what has failed
}

// authenticate logs in, if the answer to the first command asks for that.
func (c *Connector) authenticate(nc net.Conn, a selector.Address, greeting string, l login, hasLogin bool) error {
	switch unexpected := protocol.Unexpected("a new connection", []byte(greeting)); {
	case errors.Is(unexpected, protocol.ErrTooManyConnections):
		return unexpected
	case !errors.Is(unexpected, protocol.ErrUnauthenticated):
		if hasLogin {
			c.warnOpen(a)
		}
		return nil
	case !hasLogin:
		return &RefusedError{Why: NeedsPassword}
	}
	// The key, the flags and the time have no meaning (protocol.txt, Authentication).
	text := l.user + " " + l.password
	answer, err := ask(nc, fmt.Sprintf("set auth 0 0 %d\r\n%s\r\n", len(text), text))
	switch {
	case err != nil:
		return err
	case answer != "STORED":
		return &RefusedError{Why: WrongPassword, Err: fmt.Errorf("it answers %q", answer)}
	}
	return nil
}

// warnOpen says once that a server does not ask for its password.
func (c *Connector) warnOpen(a selector.Address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.open[a.String()] {
		c.open[a.String()] = true
		c.logger.Warn("a server does not ask for the password of --server-auth-file: everyone who reaches it can read it", "server", a.String())
	}
}

// ask sends a command and reads a line, byte by byte: what follows the line does not
// belong to it.
func ask(nc net.Conn, command string) (string, error) {
	if _, err := io.WriteString(nc, command); err != nil {
		return "", fmt.Errorf("memcached: connecting: %w", err)
	}
	var line []byte
	for one := make([]byte, 1); len(line) < protocol.MaxQuoted; line = append(line, one[0]) {
		if _, err := io.ReadFull(nc, one); err != nil {
			return "", fmt.Errorf("memcached: connecting: %w", err)
		}
		if one[0] == '\n' {
			break
		}
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return string(line), nil
}
