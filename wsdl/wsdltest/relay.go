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

// Relay stands before a service and keeps what passes, unchanged. When the
// test ends, every answer of the contract that passed must have been valid.
type Relay struct {
	// Addr is where it listens, as host:port.
	Addr string

	target    string
	listener  net.Listener
	accepting sync.WaitGroup

	mu          sync.Mutex
	done        sync.Cond // when none is open
	open        int       // connections
	connections []*connection
	order       int // of the last piece that a client sent, over all connections
	closed      bool
}

// Exchange is a request and its answer.
type Exchange struct {
	Request []byte // with its head, as it was on the wire
	Status  int    // of HTTP
	Answer  []byte // the body, decompressed

	order int
}

// connection is what passed on a connection.
type connection struct {
	client, service net.Conn
	sent, answered  bytes.Buffer
	pieces          []piece
}

// piece says when what begins at an offset was sent.
type piece struct{ offset, order int }

// NewRelay starts a relay before the service at an address, host:port, until
// the end of the test.
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

// close ends what is open, and waits for it.
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

// wait returns when no connection is open. The caller holds mu.
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
	var answers sync.WaitGroup
	answers.Go(func() {
		io.Copy(io.MultiWriter(writer(func(p []byte) { r.answered(c, p) }), client), service) //nolint:errcheck // the client sees it
		closeWrite(client)
	})
	io.Copy(io.MultiWriter(writer(func(p []byte) { r.sent(c, p) }), service), client) //nolint:errcheck // the service sees it
	closeWrite(service)
	answers.Wait()
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite() //nolint:errcheck // it may be closed
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

func (r *Relay) answered(c *connection, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.answered.Write(p)
}

func (r *Relay) sent(c *connection, p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.order++
	c.pieces = append(c.pieces, piece{c.sent.Len(), r.order})
	c.sent.Write(p)
}

// Exchanges returns the POST requests that were answered since the last time,
// in the order in which they were sent. It waits for the clients to close their
// connections. What passed and is no HTTP fails the test; what was broken off is
// left out.
func (r *Relay) Exchanges(tb testing.TB) []Exchange {
	tb.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wait()
	var all []Exchange
	for _, c := range r.connections {
		some, err := c.exchanges()
		if err != nil {
			tb.Errorf("wsdltest: what passed is not understood: %v", err)
		}
		all = append(all, some...)
	}
	r.connections = nil
	slices.SortFunc(all, func(a, b Exchange) int { return cmp.Compare(a.order, b.order) })
	return all
}

// exchanges takes a connection apart, up to what was broken off.
func (c *connection) exchanges() ([]Exchange, error) {
	requests, err := SplitRequests(c.sent.Bytes())
	if err != nil {
		return nil, err
	}
	var all []Exchange
	answers := bufio.NewReader(&c.answered)
	offset, pieces := 0, c.pieces
	for _, request := range requests {
		for len(pieces) > 1 && pieces[1].offset <= offset {
			pieces = pieces[1:]
		}
		offset += len(request)
		method, _, _ := bytes.Cut(request, []byte(" "))
		status, answer, err := ReadAnswer(answers, string(method))
		if brokenOff(err) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if string(method) == http.MethodPost {
			all = append(all, Exchange{request, status, answer, pieces[0].order})
		}
	}
	return all, nil
}

func brokenOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// SplitRequests cuts HTTP requests apart that follow each other, as they were on
// the wire. What is broken off at the end is left out.
func SplitRequests(raw []byte) ([][]byte, error) {
	var all [][]byte
	rest := bytes.NewReader(raw)
	requests := bufio.NewReader(rest)
	for start := 0; ; {
		request, err := http.ReadRequest(requests)
		if err == nil {
			_, err = io.Copy(io.Discard, request.Body)
		}
		if brokenOff(err) {
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

// ReadAnswer reads the next answer that is more than 100 Continue, to a request
// of a method: its HTTP status, and its body, decompressed.
func ReadAnswer(from *bufio.Reader, method string) (status int, body []byte, err error) {
	for {
		answer, err := http.ReadResponse(from, &http.Request{Method: method})
		if err != nil {
			return 0, nil, err
		}
		if answer.StatusCode == http.StatusContinue {
			continue
		}
		content := io.Reader(answer.Body)
		if answer.Header.Get("Content-Encoding") == "gzip" {
			if content, err = gzip.NewReader(answer.Body); err != nil {
				return 0, nil, err
			}
		}
		body, err = io.ReadAll(content)
		return answer.StatusCode, body, errors.Join(err, answer.Body.Close())
	}
}

// validate requires the answers of the contract, and all faults, to be valid and
// to have a status that no toolkit loses a fault with. Answers of the Perl CGI's
// namespace, and in the encoding of SOAP, are not its business.
func (r *Relay) validate(tb testing.TB) {
	tb.Helper()
	seen := map[string]bool{}
	var messages [][]byte
	for _, e := range r.Exchanges(tb) {
		other := bytes.Contains(e.Answer, []byte("urn:MemcachedSOAPClass")) || bytes.Contains(e.Answer, []byte("encodingStyle"))
		if other || !bytes.HasPrefix(e.Answer, []byte("<?xml")) || seen[string(e.Answer)] {
			continue
		}
		if e.Status != http.StatusOK && e.Status != http.StatusInternalServerError {
			tb.Errorf("wsdltest: HTTP status %d: %s", e.Status, e.Answer)
		}
		seen[string(e.Answer)] = true
		messages = append(messages, e.Answer)
	}
	Validate(tb, messages...)
}
