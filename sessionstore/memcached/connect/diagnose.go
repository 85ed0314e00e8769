package connect

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
)

// Diagnose says why a server accepts connections but answers nothing, or closes
// them: it may speak TLS and was asked without, or the other way round, or speak the
// binary protocol. It returns nil if it does not know. ctx bounds the time.
func (c *Connector) Diagnose(ctx context.Context, dial Dialer, a selector.Address) *RefusedError {
	trials := []struct {
		why Refusal
		run func(context.Context, net.Conn) bool
	}{
		{NeedsTLS, speaksTLS},
		{BinaryOnly, speaksBinary},
	}
	if a.IsTLS() {
		trials[0].why, trials[0].run = NoTLS, speaksPlainly
		trials = append(trials, trials[1])
		trials[1].run = func(ctx context.Context, nc net.Conn) bool {
			secured, err := c.secure(ctx, nc, a)
			return err == nil && speaksBinary(ctx, secured)
		}
	}
	found := make([]bool, len(trials))
	var all sync.WaitGroup
	for i, trial := range trials {
		all.Go(func() {
			nc, err := dial(ctx, a.Network(), a.String())
			if err != nil {
				return
			}
			defer nc.Close()                                                           //nolint:errcheck // nothing is left to be lost
			defer context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })() //nolint:errcheck // it is closed then
			found[i] = trial.run(ctx, nc)
		})
	}
	all.Wait()
	for i, trial := range trials {
		if found[i] {
			return &RefusedError{Why: trial.why}
		}
	}
	return nil
}

// speaksTLS says whether a server answers a TLS handshake, whatever it says. Nothing
// is sent over the connection, so that its certificate does not matter.
func speaksTLS(ctx context.Context, nc net.Conn) bool {
	s := newSocket(nc)
	err := tls.Client(s, &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}).HandshakeContext(ctx) //nolint:gosec // see above
	return err == nil || isAlert(err)
}

// speaksPlainly says whether a server answers a command without TLS.
func speaksPlainly(_ context.Context, nc net.Conn) bool {
	line, err := ask(nc, "mn"+protocol.LineEnd)
	return err == nil && (line == "MN" || strings.HasPrefix(line, "ERROR") || strings.HasPrefix(line, "CLIENT_ERROR"))
}

// Of memcached's binary protocol, which SASL needs.
const (
	binaryHeader   = 24
	binaryRequest  = 0x80
	binaryResponse = 0x81
	binaryVersion  = 0x0b
)

// speaksBinary says whether a server answers a command of the binary protocol in
// that protocol.
func speaksBinary(_ context.Context, nc net.Conn) bool {
	var packet [binaryHeader]byte
	binary.BigEndian.PutUint16(packet[:], binaryRequest<<8|binaryVersion)
	if _, err := nc.Write(packet[:]); err != nil {
		return false
	}
	_, err := io.ReadFull(nc, packet[:1])
	return err == nil && packet[0] == binaryResponse
}
