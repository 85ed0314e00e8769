package memcachedtest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func answer(t *testing.T, s *memcachedtest.Server, line string) string {
	t.Helper()
	got, err := s.Command(t.Context(), line)
	require.NoError(t, err)
	return string(got)
}

func TestLife(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...string) *memcachedtest.Server{
		"tcp": memcachedtest.Start, "unix": memcachedtest.StartUnix,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, "-m", "7")
			assert.Contains(t, answer(t, s, "stats settings"), fmt.Sprintf("maxbytes %d\r\n", 7<<20))
			assert.Equal(t, "STORED\r\n", answer(t, s, "set k 0 0 1\r\nx"))
			s.Freeze()
			s.Thaw()
			assert.Equal(t, "HD\r\n", answer(t, s, "mg k"))
			s.Restart()
			assert.Equal(t, "EN\r\n", answer(t, s, "mg k"))
			assert.Contains(t, answer(t, s, "stats settings"), fmt.Sprintf("maxbytes %d\r\n", 7<<20))
			s.Restart("-m", "8")
			assert.Contains(t, answer(t, s, "stats settings"), fmt.Sprintf("maxbytes %d\r\n", 8<<20))
			s.Stop()
			_, err := s.Command(t.Context(), "version")
			require.Error(t, err)
			s.Kill() // has ended already
		})
	}
}

// fatal is a test that records why it failed.
type fatal struct {
	testing.TB
	reason string
}

func (f *fatal) Helper() {}

func (f *fatal) Fatal(args ...any) {
	f.reason = fmt.Sprint(args...)
	panic(f)
}

func (f *fatal) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// reason starts a server in a test that must fail, and returns why it failed.
func reason(t *testing.T, args ...string) string {
	t.Helper()
	f := &fatal{TB: t}
	func() {
		defer func() { require.Same(t, f, recover()) }()
		memcachedtest.Start(f, args...)
	}()
	return f.reason
}

func TestFailsWithoutMemcached(t *testing.T) { //nolint:paralleltest // sets PATH
	t.Setenv("MEMCACHED", "")
	t.Setenv("PATH", t.TempDir())
	assert.Equal(t, "memcachedtest: install memcached: make deps", reason(t))
}

func TestFailsWithWrongArguments(t *testing.T) {
	t.Parallel()
	assert.Contains(t, reason(t, "-I", "700k"), "must be evenly divisible")
}
