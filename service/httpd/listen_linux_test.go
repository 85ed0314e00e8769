package httpd_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"memcachedsoap/service/httpd"
)

// A unix socket has its mode from the moment when it exists, whatever the umask is:
// the kernel reports its creation, and no change of its attributes.
func TestSocketIsCreatedWithItsMode(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o177} {
		folder := t.TempDir()
		fd, err := unix.InotifyInit1(unix.IN_NONBLOCK)
		require.NoError(t, err)
		_, err = unix.InotifyAddWatch(fd, folder, unix.IN_CREATE|unix.IN_ATTRIB|unix.IN_MOVED_TO)
		require.NoError(t, err)

		before := syscall.Umask(mask)
		path := filepath.Join(folder, "s")
		l, err := httpd.Listen(t.Context(), "unix:"+path, httpd.Limits{Connections: 1})
		after := syscall.Umask(before)
		require.NoError(t, err)
		assert.Equal(t, mask, after, "the umask is as it was")
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o666), info.Mode().Perm())

		var events [4096]byte
		n, err := unix.Read(fd, events[:])
		require.NoError(t, err)
		assert.Equal(t, unix.SizeofInotifyEvent+16, n, "one event, with the name in 16 bytes")
		assert.Equal(t, byte(0), events[4]&unix.IN_ATTRIB)
		require.NoError(t, unix.Close(fd))
		require.NoError(t, l.Close())
	}
}
