package httpd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// bounded refuses long requests as the endpoint does: by the declared length before it
// reads, else when it has read so much.
func bounded(w http.ResponseWriter, r *http.Request) {
	const limit = 4 << 20
	refuse := r.ContentLength > limit
	if !refuse {
		n, err := io.Copy(io.Discard, io.LimitReader(r.Body, limit+1))
		refuse = err == nil && n > limit
	}
	if refuse {
		http.Error(w, "too long", http.StatusInternalServerError)
		return
	}
	_, _ = io.WriteString(w, "done")
}

// listening starts a server with an endpoint and returns its address.
func listening(tb testing.TB, endpoint http.HandlerFunc, o httpd.Options) string {
	tb.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	s := httpd.New(endpoint, o)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, 10*time.Second, listener) }()
	tb.Cleanup(func() {
		stop()
		require.NoError(tb, <-ended)
	})
	return listener.Addr().String()
}

// rawClient sends whole requests before it reads the answers, as many clients do.
type rawClient struct {
	net.Conn
	*bufio.Reader
}

func dialRaw(tb testing.TB, address string) *rawClient {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close() })
	require.NoError(tb, conn.SetDeadline(time.Now().Add(time.Minute)))
	return &rawClient{conn, bufio.NewReader(conn)}
}

func (c *rawClient) Read(p []byte) (int, error) { return c.Reader.Read(p) }

// send sends a request with a body of a size, in chunks or with its length, and
// returns the answer's status and text.
func (c *rawClient) send(head string, size int, chunked bool) (*http.Response, string, error) {
	length := fmt.Sprintf("Content-Length: %d\r\n", size)
	if chunked {
		length = "Transfer-Encoding: chunked\r\n"
	}
	if _, err := io.WriteString(c.Conn, "POST "+head+length+"\r\n"); err != nil {
		return nil, "", err
	}
	block := strings.Repeat("x", 64<<10)
	for rest := size; rest > 0; rest -= len(block) {
		block = block[:min(len(block), rest)]
		part := block
		if chunked {
			part = fmt.Sprintf("%x\r\n%s\r\n", len(block), block)
		}
		if _, err := io.WriteString(c.Conn, part); err != nil {
			return nil, "", err
		}
	}
	if chunked {
		if _, err := io.WriteString(c.Conn, "0\r\n\r\n"); err != nil {
			return nil, "", err
		}
	}
	return c.answer()
}

func (c *rawClient) answer() (*http.Response, string, error) {
	response, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		return nil, "", err
	}
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

const toSOAP = "/soap HTTP/1.1\r\nHost: localhost\r\n"

// A client that sends all of a refused request and then reads gets the answer, however
// the request is refused.
func TestRefusedRequestsGetTheirAnswer(t *testing.T) {
	t.Parallel()
	address := listening(t, bounded, httpd.Options{})
	for name, c := range map[string]struct {
		head   string
		status int
	}{
		"too long":         {toSOAP, 500},
		"HTTP 1.0":         {"/soap HTTP/1.0\r\n", 500},
		"no such path":     {"/nowhere HTTP/1.1\r\nHost: localhost\r\n", 404},
		"of another host":  {"/soap HTTP/1.1\r\nHost: foreign.example\r\n", 421},
		"of another page":  {toSOAP + "Sec-Fetch-Site: cross-site\r\nOrigin: http://foreign.example\r\n", 403},
		"impatient client": {toSOAP + "Expect: 100-continue\r\n", 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{5 << 20, 12_000_000, 68 << 20} {
				for _, chunked := range []bool{false, true} {
					if chunked && c.head != toSOAP {
						continue
					}
					client := dialRaw(t, address)
					response, text, err := client.send(c.head, size, chunked)
					require.NoError(t, err, "%d %t", size, chunked)
					assert.Equal(t, c.status, response.StatusCode, text)
				}
			}
		})
	}
}

// The connection of a request that was read on stays open.
func TestConnectionStaysOpenAfterARefusal(t *testing.T) {
	t.Parallel()
	client := dialRaw(t, listening(t, bounded, httpd.Options{}))
	for range 3 {
		for _, chunked := range []bool{false, true} {
			response, text, err := client.send(toSOAP, 8<<20, chunked)
			require.NoError(t, err)
			require.Equal(t, 500, response.StatusCode, text)
		}
		response, text, err := client.send(toSOAP, 1000, false)
		require.NoError(t, err)
		require.Equal(t, 200, response.StatusCode)
		require.Equal(t, "done", text)
	}
}

// A client that waits for 100 Continue gets the answer instead, if the declared length
// decides; else it is asked for its body and gets the answer after it.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	address := listening(t, bounded, httpd.Options{})
	client := dialRaw(t, address)
	_, err := io.WriteString(client.Conn, "POST "+toSOAP+"Expect: 100-continue\r\nContent-Length: 40000000\r\n\r\n")
	require.NoError(t, err)
	response, text, err := client.answer()
	require.NoError(t, err)
	assert.Equal(t, 500, response.StatusCode, text)
	assert.True(t, response.Close)

	client = dialRaw(t, address)
	_, err = io.WriteString(client.Conn, "POST "+toSOAP+"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	require.NoError(t, err)
	response, _, err = client.answer()
	require.NoError(t, err)
	require.Equal(t, 100, response.StatusCode)
	_, err = io.WriteString(client.Conn, "hello")
	require.NoError(t, err)
	_, text, err = client.answer()
	require.NoError(t, err)
	assert.Equal(t, "done", text)
}

// What is read on is bounded in bytes and in time.
func TestReadingOnIsBounded(t *testing.T) {
	t.Parallel()
	address := listening(t, bounded, httpd.Options{ReadTimeout: 300 * time.Millisecond})
	for _, head := range []string{
		"Content-Length: 40000000\r\n\r\n",
		"Transfer-Encoding: chunked\r\n\r\n500000\r\n" + strings.Repeat("x", 5<<20),
		"Content-Length: 100000000000\r\n\r\n", // it is not read at all
		"Expect: 100-continue\r\nContent-Length: 40000000\r\n\r\n",
	} {
		client := dialRaw(t, address)
		_, err := io.WriteString(client.Conn, "POST "+toSOAP+head)
		require.NoError(t, err)
		response, text, err := client.answer()
		require.NoError(t, err)
		assert.Equal(t, 500, response.StatusCode, text)
		_, err = client.Conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF, "the connection is closed")
	}

	endless := dialRaw(t, listening(t, bounded, httpd.Options{}))
	_, _, err := endless.send(toSOAP, 1<<30, true)
	assert.Error(t, err, "the server stops reading")
}

// BenchmarkTooLong counts how many of 100 requests of 12 MB get their answer while
// other clients keep the server busy.
func BenchmarkTooLong(b *testing.B) {
	address := listening(b, bounded, httpd.Options{})
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 32 {
		client := dialRaw(b, address)
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if _, _, err := client.send(toSOAP, 2000, false); err != nil {
						return
					}
				}
			}
		})
	}
	const requests = 100
	for b.Loop() {
		answered := 0
		for i := range requests {
			client := dialRaw(b, address)
			if response, _, err := client.send(toSOAP, 12_000_000, i%2 == 1); err == nil && response.StatusCode == 500 {
				answered++
			}
			_ = client.Close()
		}
		b.ReportMetric(float64(answered), "answered/100")
		if answered < requests-1 {
			b.Fatalf("%d of %d got their answer", answered, requests)
		}
	}
	close(stop)
	load.Wait()
}
