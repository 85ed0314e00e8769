package httpd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/httpd"
)

// bounded refuses requests of more than 4 MiB as the endpoint does: by the declared
// length before it reads, else when it has read so much.
func bounded(w http.ResponseWriter, r *http.Request) { boundedTo(4<<20)(w, r) }

func boundedTo(limit int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		refuse := r.ContentLength > limit
		if !refuse {
			n, err := io.Copy(io.Discard, io.LimitReader(r.Body, limit+1))
			refuse = err != nil || n > limit
		}
		if refuse {
			http.Error(w, "too long", http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "done")
	}
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
// returns the answer.
func (c *rawClient) send(head string, size int, chunked bool) (answer, error) {
	length := fmt.Sprintf("Content-Length: %d\r\n", size)
	if chunked {
		length = "Transfer-Encoding: chunked\r\n"
	}
	if _, err := io.WriteString(c.Conn, "POST "+head+length+"\r\n"); err != nil {
		return answer{}, err
	}
	block := strings.Repeat("x", 64<<10)
	for rest := size; rest > 0; rest -= len(block) {
		block = block[:min(len(block), rest)]
		part := block
		if chunked {
			part = fmt.Sprintf("%x\r\n%s\r\n", len(block), block)
		}
		if _, err := io.WriteString(c.Conn, part); err != nil {
			return answer{}, err
		}
	}
	if chunked {
		if _, err := io.WriteString(c.Conn, "0\r\n\r\n"); err != nil {
			return answer{}, err
		}
	}
	return c.receive()
}

// answer is an answer that was received.
type answer struct {
	status int
	text   string
	closes bool // the server closes the connection
}

func (c *rawClient) receive() (answer, error) {
	response, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(text), response.Close}, err
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
					if c.head != toSOAP && (chunked || size > 12_000_000) {
						continue
					}
					client := dialRaw(t, address)
					got, err := client.send(c.head, size, chunked)
					require.NoError(t, err, "%d %t", size, chunked)
					assert.Equal(t, c.status, got.status, got.text)
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
			got, err := client.send(toSOAP, 8<<20, chunked)
			require.NoError(t, err)
			require.Equal(t, 500, got.status, got.text)
		}
		got, err := client.send(toSOAP, 1000, false)
		require.NoError(t, err)
		require.Equal(t, 200, got.status)
		require.Equal(t, "done", got.text)
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
	got, err := client.receive()
	require.NoError(t, err)
	assert.Equal(t, 500, got.status, got.text)
	assert.True(t, got.closes)

	client = dialRaw(t, address)
	_, err = io.WriteString(client.Conn, "POST "+toSOAP+"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
	require.NoError(t, err)
	got, err = client.receive()
	require.NoError(t, err)
	require.Equal(t, 100, got.status)
	_, err = io.WriteString(client.Conn, "hello")
	require.NoError(t, err)
	got, err = client.receive()
	require.NoError(t, err)
	assert.Equal(t, "done", got.text)
}

// What is read on is bounded in time.
func TestReadingOnEnds(t *testing.T) {
	t.Parallel()
	address := listening(t, boundedTo(1000), httpd.Options{ReadTimeout: 3 * time.Second})
	for name, head := range map[string]string{
		"declared":           "Content-Length: 40000000\r\n\r\n",
		"chunked":            "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + strings.Repeat("x", 2000),
		"more than the most": "Content-Length: 100000000000\r\n\r\n", // it is not read at all
		"expect":             "Expect: 100-continue\r\nContent-Length: 40000000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := dialRaw(t, address)
			_, err := io.WriteString(client.Conn, "POST "+toSOAP+head)
			require.NoError(t, err)
			got, err := client.receive()
			require.NoError(t, err)
			assert.Equal(t, 500, got.status, got.text)
			_, err = client.Conn.Read(make([]byte, 1))
			require.Error(t, err, "the connection is closed")
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
}

// What is read on is bounded in bytes.
func TestReadingOnIsBounded(t *testing.T) {
	t.Parallel()
	client := dialRaw(t, listening(t, boundedTo(1000), httpd.Options{}))
	_, err := client.send(toSOAP, 1<<30, true)
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
					if _, err := client.send(toSOAP, 2000, false); err != nil {
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
			if got, err := client.send(toSOAP, 12_000_000, i%2 == 1); err == nil && got.status == 500 {
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
