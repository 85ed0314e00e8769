package wsdltest

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// Relay is a TCP proxy in front of a service that records the requests and
// responses. When the test ends, it fails the test if a response is invalid by
// the contract.
type Relay struct {
	// Addr is the address on which it listens, as host:port.
	Addr string

	target    string
	listener  net.Listener
	accepting sync.WaitGroup

	mu          sync.Mutex
	done        sync.Cond // signalled when open decreases
	open        int       // open connections
	connections []*connection
	order       int // number of the last piece that a client sent, over all connections
	closed      bool
}

// Exchange is a request and its response.
type Exchange struct {
	Request  []byte // header and body as sent
	Status   int    // HTTP status of the response
	Response []byte // body of the response, decompressed

	order int
}

// connection is a connection of a client, and what was sent on it.
type connection struct {
	client, service net.Conn
	sent, received  bytes.Buffer
	pieces          []piece
}

// piece records the position in time of the bytes that begin at an offset.
type piece struct{ offset, order int }

// NewRelay starts a relay in front of the service at an address, host:port. It
// stops at the end of the test.
func NewRelay(tb testing.TB, target string) *Relay {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("wsdltest: %v", err)
	}
	r := &Relay{Addr: listener.Addr().String(), target: target, listener: listener}
	r.done.L = &r.mu
	r.accepting.Go(r.accept)
	tb.Cleanup(func() {
		r.close()
		r.validate(tb)
	})
	return r
}

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.open++
		r.mu.Unlock()
		go r.pass(client)
	}
}

// close closes the listener and all connections, and waits until they are
// closed.
func (r *Relay) close() {
	r.listener.Close()
	r.accepting.Wait()
	r.mu.Lock()
	r.closed = true
	for _, c := range r.connections {
		c.client.Close()
		c.service.Close()
	}
	r.wait()
	r.mu.Unlock()
}

// wait returns when no connection is open. The caller must hold mu.
func (r *Relay) wait() {
	for r.open > 0 {
		r.done.Wait()
	}
}

func (r *Relay) pass(client net.Conn) {
	defer func() {
		client.Close()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.open--
		r.done.Broadcast()
	}()
	service, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer service.Close()
	c := &connection{client: client, service: service}
	r.mu.Lock()
	closed := r.closed
	r.connections = append(r.connections, c)
	r.mu.Unlock()
	if closed {
		return
	}
	var responses sync.WaitGroup
	responses.Go(func() {
		io.Copy(io.MultiWriter(writerFunc(func(p []byte) { r.received(c, p) }), client), service) //nolint:errcheck // the client sees it
		closeWrite(client)
	})
	io.Copy(io.MultiWriter(writerFunc(func(p []byte) { r.sent(c, p) }), service), client) //nolint:errcheck // the service sees it
	closeWrite(service)
	responses.Wait()
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite() //nolint:errcheck // it may be closed already
	}
}

type writerFunc func([]byte)

func (w writerFunc) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

func (r *Relay) received(c *connection, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.received.Write(p)
}

func (r *Relay) sent(c *connection, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.order++
	c.pieces = append(c.pieces, piece{c.sent.Len(), r.order})
	c.sent.Write(p)
}

// Exchanges returns the answered POST requests since its last call, in the order
// in which the clients sent them. It waits until the clients have closed their
// connections. It omits truncated messages, and fails the test if the data is not
// HTTP.
func (r *Relay) Exchanges(tb testing.TB) []Exchange {
	tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wait()
	var all []Exchange
	for _, c := range r.connections {
		exchanges, err := c.exchanges()
		if err != nil {
			tb.Errorf("wsdltest: cannot parse the recorded HTTP: %v", err)
		}
		all = append(all, exchanges...)
	}
	r.connections = nil
	slices.SortFunc(all, func(a, b Exchange) int { return cmp.Compare(a.order, b.order) })
	return all
}

// exchanges parses the data of a connection up to a truncated message.
func (c *connection) exchanges() ([]Exchange, error) {
	requests, err := SplitRequests(c.sent.Bytes())
	if err != nil {
		return nil, err
	}
	var all []Exchange
	responses := bufio.NewReader(&c.received)
	offset, pieces := 0, c.pieces
	for _, request := range requests {
		for len(pieces) > 1 && pieces[1].offset <= offset {
			pieces = pieces[1:]
		}
		offset += len(request)
		method, _, _ := bytes.Cut(request, []byte(" "))
		status, response, err := ReadResponse(responses, string(method))
		if isTruncated(err) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if string(method) == http.MethodPost {
			all = append(all, Exchange{request, status, response, pieces[0].order})
		}
	}
	return all, nil
}

func isTruncated(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// SplitRequests splits consecutive HTTP requests, without changing them. It omits
// a truncated one at the end.
func SplitRequests(raw []byte) ([][]byte, error) {
	var all [][]byte
	rest := bytes.NewReader(raw)
	requests := bufio.NewReader(rest)
	for start := 0; ; {
		request, err := http.ReadRequest(requests)
		if err == nil {
			_, err = io.Copy(io.Discard, request.Body)
		}
		if isTruncated(err) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		end := len(raw) - rest.Len() - requests.Buffered()
		all = append(all, raw[start:end:end])
		start = end
	}
}

// ReadResponse reads the next HTTP response to a request of the given method, and
// skips 100 Continue. It returns the status, and the body decompressed.
func ReadResponse(from *bufio.Reader, method string) (status int, body []byte, err error) {
	for {
		response, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			return 0, nil, err
		}
		if response.StatusCode == http.StatusContinue {
			continue
		}
		content := io.Reader(response.Body)
		if response.Header.Get("Content-Encoding") == "gzip" {
			if content, err = gzip.NewReader(response.Body); err != nil {
				return 0, nil, err
			}
		}
		body, err = io.ReadAll(content)
		return response.StatusCode, body, errors.Join(err, response.Body.Close())
	}
}

// validate fails the test unless all responses of the contract and all faults are
// valid and have status 200 or 500, because toolkits lose faults with other ones, or
// 401, with which the service asks for credentials.
// It ignores responses in the namespace of the Perl CGI and in SOAP encoding.
func (r *Relay) validate(tb testing.TB) {
	tb.Helper()
	seen := map[string]bool{}
	var messages [][]byte
	for _, e := range r.Exchanges(tb) {
		other := bytes.Contains(e.Response, []byte("urn:MemcachedSOAPClass")) || bytes.Contains(e.Response, []byte("encodingStyle"))
		if other || !bytes.HasPrefix(e.Response, []byte("<?xml")) || seen[string(e.Response)] {
			continue
		}
		if !slices.Contains([]int{http.StatusOK, http.StatusInternalServerError, http.StatusUnauthorized}, e.Status) {
			tb.Errorf("wsdltest: HTTP status %d: %s", e.Status, e.Response)
		}
		seen[string(e.Response)] = true
		messages = append(messages, e.Response)
	}
	Validate(tb, messages...)
}
