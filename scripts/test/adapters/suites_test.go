//go:build interop

package adapters

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSuites runs the suites of each adapter, two at a time: each has a service and a
// memcached of its own.
func TestSuites(t *testing.T) {
	slots := make(chan struct{}, 2)
	for _, name := range adapters(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			s := newSite(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			suite := exec.CommandContext(ctx, filepath.Join(programs, name, "adapter-test"))
			suite.Env = append(os.Environ(), "SOAP_URL="+s.url)
			suite.WaitDelay = time.Second
			started := time.Now()
			out, err := suite.CombinedOutput()
			require.NoError(t, err, "%s", out)
			t.Logf("passed in %.0f s", time.Since(started).Seconds())
		})
	}
}
