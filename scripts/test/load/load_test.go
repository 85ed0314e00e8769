package load

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answer sends a request to a server that sends one answer and disconnects.
func answer(t *testing.T, text string) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		defer conn.Close()
		if _, err = http.ReadRequest(bufio.NewReader(conn)); err == nil {
			_, err = io.WriteString(conn, text)
		}
		served <- err
	}()
	c, err := Dial(t.Context(), &Process{Address: listener.Addr().String()}, time.Now().Add(time.Minute))
	require.NoError(t, err)
	defer c.Close()
	err = c.Do(&Request{Message: []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), Holds: [][]byte{[]byte("wanted")}})
	require.NoError(t, <-served)
	return err
}

func TestClientRejectsWrongAnswers(t *testing.T) {
	require.NoError(t, answer(t, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX: y\r\n\r\n wanted "))
	require.NoError(t, answer(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwan\r\n3\r\nted\r\n0\r\n\r\n"))
	for _, tt := range []struct{ text, want string }{
		{"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nwanted", "status 500: wanted"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nanything", "lacks wanted"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nwanted", "unexpected EOF"},
		{"HTTP/1.1 200 OK\r\n\r\n", "the body has a length of -1 bytes"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "lacks wanted"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nwanted\r\n", "invalid syntax"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nwantedly\r\n0\r\n\r\n", "a chunk ends with"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nwanted\r\n", "EOF"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", "the body has a length of 2147483647 bytes"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "the body has a length of 99999999 bytes"},
		{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "invalid syntax"},
		{"SSH-2.0\r\n", "not HTTP"},
		{"", "EOF"},
	} {
		assert.ErrorContains(t, answer(t, tt.text), tt.want, tt.text)
	}
}

// The time of a process includes its children, running and ended.
func TestCPUTimeOfATree(t *testing.T) {
	const program = `
		sub spin { 1 while (times)[0] < 0.3 }
		if (!fork) { spin(); exit }
		wait;
		if (!fork) { spin(); print STDERR "spun 1\n"; sleep 1 while getppid != 1; exit }
		wait`
	p, err := Start(t.Context(), exec.CommandContext(t.Context(), "perl", "-e", program), "tree", t.TempDir(), "", regexp.MustCompile(`spun (\d)`))
	require.NoError(t, err)
	defer p.Stop()
	used, err := p.CPUTime()
	require.NoError(t, err)
	assert.GreaterOrEqual(t, used, 580*time.Millisecond) // two ticks less than 0.3 s twice
}
