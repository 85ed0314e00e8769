package discovery

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/sessionstore/memcached/connect"
	"memcachedsoap/sessionstore/memcached/protocol"
	"memcachedsoap/sessionstore/memcached/selector"
)

// endpoint is a configuration endpoint. It answers as Amazon's page "Adding Auto
// Discovery To Your Client Library" says; Memorystore does the same.
type endpoint struct {
	address   selector.Address
	connector *connect.Connector
	prefix    string // of each server
}

func newEndpoint(place string, connector *connect.Connector) (*endpoint, error) {
	address, err := selector.ParseAddress(place)
	if err != nil {
		return nil, err
	}
	if address.Network() != "tcp" {
		return nil, errors.New("a configuration endpoint has a host: use cfg:HOST:PORT")
	}
	e := &endpoint{address: address, connector: connector}
	if address.IsTLS() {
		e.prefix = tlsPrefix
	}
	return e, nil
}

// The two forms of the question. Engines before 1.4.14 have the second one only.
const (
	configCommand = "config get cluster"
	oldCommand    = "get AmazonElastiCache:cluster"
)

// Bounds of an answer.
const (
	maxPayload = 256 << 10
	maxNodes   = 1000
)

func (e *endpoint) ask(ctx context.Context) (list, error) {
	nc, err := e.connector.Dial(ctx, new(net.Dialer).DialContext, e.address)
	if err != nil {
		return list{}, fmt.Errorf("connecting: %w", err)
	}
	defer nc.Close()                                                           //nolint:errcheck // nothing is left to be lost
	defer context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })() //nolint:errcheck // it is closed then
	r := bufio.NewReader(nc)
	payload, err := question(nc, r, configCommand, "CONFIG cluster ")
	if errors.Is(err, errNoList) {
		payload, err = question(nc, r, oldCommand, "VALUE AmazonElastiCache:cluster ")
	}
	if err != nil {
		return list{}, err
	}
	return e.parse(payload)
}

// errNoList says that the server does not know the command, or has no list.
var errNoList = errors.New("it is no configuration endpoint")

// question sends a command and returns the payload of the answer:
//
//	<head>0 <bytes of payload>
//	<payload>
//	END
func question(nc net.Conn, r *bufio.Reader, command, head string) (string, error) {
	if _, err := io.WriteString(nc, command+protocol.LineEnd); err != nil {
		return "", fmt.Errorf("sending %q: %w", command, err)
	}
	line, err := protocol.ReadLine(r)
	if err != nil {
		return "", fmt.Errorf("reading the answer to %q: %w", command, err)
	}
	text := string(line)
	fields, ok := strings.CutPrefix(text, head)
	if !ok {
		if text == "END" || strings.HasPrefix(text, "ERROR") || strings.HasPrefix(text, "CLIENT_ERROR") || strings.HasPrefix(text, "SERVER_ERROR") {
			return "", fmt.Errorf("%w: it answers %q to %q", errNoList, text[:min(len(text), protocol.MaxQuoted)], command)
		}
		return "", protocol.Unexpected(command, line)
	}
	_, digits, _ := strings.Cut(fields, " ")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > maxPayload {
		return "", protocol.Unexpected(command, line)
	}
	payload := make([]byte, n+len(protocol.LineEnd))
	if _, err := io.ReadFull(r, payload); err != nil {
		return "", fmt.Errorf("reading the answer to %q: %w", command, err)
	}
	line, err = protocol.ReadLine(r)
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the answer to %q: %w", command, err)
	case string(line) != "END" || string(payload[n:]) != protocol.LineEnd:
		return "", protocol.Unexpected(command, line)
	}
	return string(payload[:n]), nil
}

// parse reads a payload: the version, and the servers in one line.
//
//	12
//	cache1.example.com|10.0.0.1|11211 cache2.example.com|10.0.0.2|11211
func (e *endpoint) parse(payload string) (list, error) {
	first, rest, _ := strings.Cut(payload, "\n")
	version, err := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
	if err != nil || version < 0 {
		return list{}, fmt.Errorf("the version %.80q of the list is no number", first)
	}
	l := list{version: version}
	for text := range strings.FieldsSeq(rest) {
		if len(l.servers) == maxNodes {
			return list{}, fmt.Errorf("the list has more than %d servers", maxNodes)
		}
		node := strings.Split(text, "|")
		if len(node) != 3 { //nolint:mnd // name, address and port
			return list{}, fmt.Errorf("the server %.80q of the list has not the form NAME|ADDRESS|PORT", text)
		}
		host := node[0]
		if host == "" {
			host = node[1]
		}
		server := e.prefix + net.JoinHostPort(host, node[2])
		if _, err := selector.ParseAddress(server); err != nil {
			return list{}, fmt.Errorf("the server %.80q of the list: %w", text, err)
		}
		l.servers = append(l.servers, server)
	}
	return l, nil
}
