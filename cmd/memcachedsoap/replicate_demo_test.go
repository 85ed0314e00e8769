package main

import (
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The demonstration that the page of operations gives works: a server that is killed
// logs nobody out, and a log-out stays.
func TestDemonstrationOfReplication(t *testing.T) {
	t.Parallel()
	demo := exec.Command("../../scripts/deploy/replication/demo.sh")
	demo.Env = append(demo.Environ(), "MEMCACHEDSOAP="+program(t), "PORT="+strconv.Itoa(freePorts(t)-1))
	demo.WaitDelay = time.Minute // for what it has started
	out, err := demo.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "Nobody was logged out, and the log-out stays.\n")
	assert.NotContains(t, string(out), "NO:")
}

// freePorts returns the first of four free ports in a row.
func freePorts(t *testing.T) int {
	t.Helper()
	for range 100 {
		_, text, err := net.SplitHostPort(freeAddress(t))
		require.NoError(t, err)
		first, err := strconv.Atoi(text)
		require.NoError(t, err)
		free := true
		for port := first; port < first+4; port++ {
			l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err == nil {
				err = l.Close()
			}
			free = free && err == nil
		}
		if free {
			return first
		}
	}
	require.Fail(t, "no four ports in a row are free")
	return 0
}
