package load

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"time"
)

// Request is a whole HTTP request, ready to be sent.
type Request struct {
	Message []byte
	Body    int      // length of the body in bytes
	Holds   [][]byte // texts that the answer must contain
}

// Client sends requests on one connection, one after the other. It understands only
// the part of HTTP that the measured servers use, so that it needs little processor
// time. A Client must not be used by several goroutines at a time.
type Client struct {
	Body []byte // body of the last answer, valid until the next request

	conn net.Conn
	in   *bufio.Reader
}

// Dial connects to a server. All calls of the client fail after end.
func Dial(ctx context.Context, server *Process, end time.Time) (*Client, error) {
	dial := new(net.Dialer).DialContext
	if server.TLS != nil {
		dial = (&tls.Dialer{Config: server.TLS}).DialContext
	}
	conn, err := dial(ctx, "tcp", server.Address)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if err := conn.SetDeadline(end); err != nil {
		return nil, fmt.Errorf("load: %w", errors.Join(err, conn.Close()))
	}
	return &Client{conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

// Close closes the connection.
func (c *Client) Close() { _ = c.conn.Close() } // no data can be lost

// Do sends a request and reads the answer. It returns an error unless the answer
// has status 200 and contains the texts of the request.
func (c *Client) Do(r *Request) error {
	if _, err := c.conn.Write(r.Message); err != nil {
		return fmt.Errorf("load: sending a request: %w", err)
	}
	status, err := c.read()
	if err != nil {
		return fmt.Errorf("load: reading an answer: %w", err)
	}
	if status != statusOK {
		return fmt.Errorf("load: the answer has status %s: %.500s", status, c.Body)
	}
	for _, text := range r.Holds {
		if !bytes.Contains(c.Body, text) {
			return fmt.Errorf("load: the answer lacks %s: %.500s", text, c.Body)
		}
	}
	return nil
}

const (
	statusOK  = "200"
	maxAnswer = 16 << 20 // bytes of a body
)

// read reads an answer and returns its status.
func (c *Client) read() (status string, err error) {
	line, err := c.line()
	if err != nil {
		return "", err
	}
	rest, ok := bytes.CutPrefix(line, []byte("HTTP/1.1 "))
	if !ok || len(rest) < 3 {
		return "", fmt.Errorf("not HTTP: %.100q", line)
	}
	status = statusOK
	if string(rest[:3]) != status { // rare, so the copy does not matter
		status = string(rest[:3])
	}
	length, chunked := -1, false
	for {
		if line, err = c.line(); err != nil {
			return "", err
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return "", err //nolint:wrapcheck // Do wraps it
			}
		}
		chunked = chunked || string(line) == "Transfer-Encoding: chunked"
	}
	c.Body = c.Body[:0]
	if chunked {
		return status, c.readChunks()
	}
	return status, c.readBody(length)
}

// readBody appends length bytes to the body.
func (c *Client) readBody(length int) error {
	start := len(c.Body)
	if length < 0 || length > maxAnswer-start {
		return fmt.Errorf("the body has a length of %d bytes", length)
	}
	c.Body = slices.Grow(c.Body, length)[:start+length]
	_, err := io.ReadFull(c.in, c.Body[start:])
	return err //nolint:wrapcheck // Do wraps it
}

// readChunks reads a body in chunks (RFC 9112 section 7.1), without
// extensions or trailer fields.
func (c *Client) readChunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		length, err := strconv.ParseInt(string(line), 16, 32)
		if err != nil {
			return err //nolint:wrapcheck // Do wraps it
		}
		if err := c.readBody(int(length)); err != nil {
			return err
		}
		if line, err = c.line(); err != nil {
			return err
		}
		if len(line) > 0 {
			return fmt.Errorf("a chunk ends with %.100q", line)
		}
		if length == 0 {
			return nil
		}
	}
}

// line returns the next line without its end, valid until the next read.
func (c *Client) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	return bytes.TrimSuffix(line, []byte("\r\n")), err
}
