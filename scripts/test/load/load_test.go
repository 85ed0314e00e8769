package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
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

// A program that does not write where it listens is ended with the programs that it has
// started.
func TestStartAt(t *testing.T) {
	address := OwnAddress(0)
	const program = `
		my $child = fork;
		if (!$child) { setsid(); print STDERR "child $$\n"; sleep 1 while 1 } # in a group of its own
		sleep 1 while !-s STDERR;
		my $server = IO::Socket::INET->new(LocalAddr => $ARGV[0], Listen => 1, ReuseAddr => 1) or die "$!\n";
		while (my $connection = $server->accept) { }`
	dir := t.TempDir()
	p, err := StartAt(t.Context(), exec.CommandContext(t.Context(), "perl", "-MIO::Socket::INET", "-MPOSIX=setsid", "-e", program, address), "group", dir, address)
	require.NoError(t, err)
	assert.Equal(t, address, p.Address)
	log, err := os.ReadFile(filepath.Join(dir, "group.log"))
	require.NoError(t, err)
	child, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(string(log)), "child "))
	require.NoError(t, err)
	p.StopAll()
	_, err = net.Dial("tcp", address)
	assert.Error(t, err)
	assert.Eventually(t, func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
		return err != nil || strings.Contains(string(state), ") Z ") // ended, if nobody has waited for it
	}, time.Minute, 10*time.Millisecond)

	_, err = StartAt(t.Context(), exec.CommandContext(t.Context(), "perl", "-e", `die "no way\n"`), "dead", dir, address)
	assert.ErrorContains(t, err, "dead did not start; the end of its log:\nno way")
}

func TestResultOfAMeasurement(t *testing.T) {
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "wanted") })}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	}()
	// Any process has the processor time of a server.
	p, err := Start(t.Context(), exec.CommandContext(t.Context(), "perl", "-e", `print STDERR "runs\n"; sleep 1 while 1`), "server", t.TempDir(), "", regexp.MustCompile(`(runs)`))
	require.NoError(t, err)
	defer p.Stop()
	p.Address = listener.Addr().String()
	r, err := Measure(t.Context(), p, 200*time.Millisecond, []Source{func(int) *Request {
		return &Request{Message: []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), Holds: [][]byte{[]byte("wanted")}}
	}})
	require.NoError(t, err)
	assert.Positive(t, r.Requests)
	assert.Positive(t, r.Rate)
	assert.LessOrEqual(t, r.P50, r.P99)
	assert.LessOrEqual(t, r.P99, r.P999)
	assert.Positive(t, r.Load)
	assert.LessOrEqual(t, r.Load, 1.1) // the clocks are not the same
}
