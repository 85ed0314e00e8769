//go:build interop

package clients

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl/wsdltest"
)

// recorder stands before a service and keeps what passes.
type recorder struct {
	wsdl     string // of the service, through the recorder
	target   string
	listener net.Listener
	open     sync.WaitGroup

	mu     sync.Mutex
	passed []*connection
	order  int // of the next piece that a client sends, over all connections
}

// connection is what passed on a connection.
type connection struct {
	sent, answered bytes.Buffer
	pieces         []piece
}

// piece says when what begins at an offset was sent.
type piece struct{ offset, order int }

// exchange is a call as it passed.
type exchange struct {
	request []byte // with its head, as it was on the wire
	status  int
	answer  []byte // the decoded body
	order   int
}

func newRecorder(t *testing.T, wsdl string) *recorder {
	t.Helper()
	target, err := url.Parse(wsdl)
	require.NoError(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &recorder{target: target.Host, listener: listener, wsdl: strings.Replace(wsdl, target.Host, listener.Addr().String(), 1)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			r.open.Go(func() { r.pass(client) })
		}
	}()
	t.Cleanup(func() {
		listener.Close() //nolint:errcheck // nothing is lost
		<-ended
		r.open.Wait()
	})
	return r
}

func (r *recorder) pass(client net.Conn) {
	defer client.Close()                      //nolint:errcheck // nothing is lost
	service, err := net.Dial("tcp", r.target) //nolint:noctx // loopback
	if err != nil {
		return
	}
	defer service.Close() //nolint:errcheck // nothing is lost
	c := &connection{}
	r.mu.Lock()
	r.passed = append(r.passed, c)
	r.mu.Unlock()
	var answers sync.WaitGroup
	answers.Go(func() {
		io.Copy(io.MultiWriter(client, locked{&r.mu, &c.answered}), service) //nolint:errcheck // the client sees it
		client.(*net.TCPConn).CloseWrite()                                   //nolint:errcheck,forcetypeassert // it may have gone
	})
	io.Copy(io.MultiWriter(service, sender{r, c}), client) //nolint:errcheck // the service sees it
	service.(*net.TCPConn).CloseWrite()                    //nolint:errcheck,forcetypeassert // it may have gone
	answers.Wait()
}

type locked struct {
	mu *sync.Mutex
	to *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

type sender struct {
	r *recorder
	c *connection
}

func (s sender) Write(p []byte) (int, error) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.order++
	s.c.pieces = append(s.c.pieces, piece{s.c.sent.Len(), s.r.order})
	return s.c.sent.Write(p)
}

// take returns the calls since the last time, in their order. The programs must
// have ended.
func (r *recorder) take(t *testing.T) []exchange {
	t.Helper()
	r.open.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []exchange
	for _, c := range r.passed {
		all = append(all, c.exchanges(t)...)
	}
	r.passed = nil
	slices.SortFunc(all, func(a, b exchange) int { return cmp.Compare(a.order, b.order) })
	return all
}

func (c *connection) exchanges(t *testing.T) []exchange {
	t.Helper()
	raw := c.sent.Bytes()
	requests, answers := bytes.NewReader(raw), bufio.NewReader(&c.answered)
	buffered := bufio.NewReader(requests)
	var all []exchange
	for start := 0; start < len(raw); {
		request, err := http.ReadRequest(buffered)
		require.NoError(t, err, "%q", raw[start:])
		_, err = io.Copy(io.Discard, request.Body)
		require.NoError(t, err)
		end := len(raw) - requests.Len() - buffered.Buffered()
		e := exchange{request: raw[start:end]}
		for _, p := range c.pieces {
			if p.offset <= start {
				e.order = p.order
			}
		}
		e.status, e.answer = readAnswer(t, answers, request)
		start = end
		if request.Method == http.MethodPost {
			all = append(all, e)
		}
	}
	return all
}

func readAnswer(t *testing.T, answers *bufio.Reader, request *http.Request) (status int, body []byte) {
	t.Helper()
	for {
		answer, err := http.ReadResponse(answers, request)
		require.NoError(t, err)
		if answer.StatusCode < 200 {
			continue
		}
		content := io.Reader(answer.Body)
		if answer.Header.Get("Content-Encoding") == "gzip" {
			content, err = gzip.NewReader(answer.Body)
			require.NoError(t, err)
		}
		body, err = io.ReadAll(content)
		require.NoError(t, err, "%s", request.URL)
		return answer.StatusCode, body
	}
}

// validate requires every answer since the last time to be valid by the
// contract.
func (r *recorder) validate(t *testing.T) {
	t.Helper()
	all := r.take(t)
	require.NotEmpty(t, all)
	for _, e := range all {
		require.Contains(t, []int{http.StatusOK, http.StatusInternalServerError}, e.status, "%s", e.answer)
		wsdltest.Validate(t, e.answer)
	}
}
