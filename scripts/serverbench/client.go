package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// client is one connection on which requests are sent one after the other. It
// knows as much of HTTP as our servers speak, so that the load costs little of
// the machine.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	body []byte // of the last answer
}

// dial connects to a server. All that the client does must end in time.
func dial(ctx context.Context, address string, end time.Time) (*client, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serverbench: %w", err)
	}
	if err := conn.SetDeadline(end); err != nil {
		return nil, fmt.Errorf("serverbench: %w", errors.Join(err, conn.Close()))
	}
	return &client{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() } // nothing is left to be lost

// do sends a request, and fails unless the answer is what it must be.
func (c *client) do(r *request) error {
	if _, err := c.conn.Write(r.message); err != nil {
		return fmt.Errorf("serverbench: sending a request: %w", err)
	}
	status, err := c.read()
	if err != nil {
		return fmt.Errorf("serverbench: reading an answer: %w", err)
	}
	if status != statusOK {
		return fmt.Errorf("serverbench: the answer has status %s: %.500s", status, c.body)
	}
	for _, text := range r.holds {
		if !bytes.Contains(c.body, text) {
			return fmt.Errorf("serverbench: the answer lacks %s: %.500s", text, c.body)
		}
	}
	return nil
}

const (
	statusOK  = "200"
	maxAnswer = 16 << 20 // bytes of a body
)

// read reads an answer and returns its status.
func (c *client) read() (status string, err error) {
	line, err := c.line()
	if err != nil {
		return "", err
	}
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 3 {
		return "", fmt.Errorf("not HTTP: %.100q", line)
	}
	status = statusOK
	if string(rest[:3]) != status { // almost never: no copy is made
		status = string(rest[:3])
	}
	length := -1
	for {
		if line, err = c.line(); err != nil {
			return "", err
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return "", err //nolint:wrapcheck // do wraps it
			}
		}
	}
	if length < 0 || length > maxAnswer {
		return "", fmt.Errorf("a body of %d bytes", length)
	}
	if length > cap(c.body) {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, err //nolint:wrapcheck // do wraps it
}

// line returns the next line without its end, valid until the next read.
func (c *client) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimSuffix(line, []byte("\r\n")), err
}

// work reads and writes one session after the other until the time has come,
// and returns how long each request took.
func (c *client) work(until time.Time, sessions []*session) ([]time.Duration, error) {
	var latencies []time.Duration
	now := time.Now()
	for i := 0; now.Before(until); i++ {
		session := sessions[i/2%len(sessions)]
		r := session.get
		if i%2 == 1 {
			r = session.sets[i/2/len(sessions)%len(session.sets)]
		}
		if err := c.do(r); err != nil {
			return nil, err
		}
		then := time.Now()
		latencies = append(latencies, then.Sub(now))
		now = then
	}
	return latencies, nil
}
