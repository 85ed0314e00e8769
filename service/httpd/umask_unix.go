//go:build unix

package httpd

import (
	"sync"
	"syscall"
)

// umaskMu guards the umask, which belongs to the whole process.
//
//nolint:gochecknoglobals // there is one umask, too
var umaskMu sync.Mutex

// withUmask sets the umask while a function runs. Files that other goroutines create
// meanwhile get it, too: call it with a function that ends at once.
func withUmask(mask int, run func()) {
	umaskMu.Lock()
	defer umaskMu.Unlock()
	before := syscall.Umask(mask)
	defer syscall.Umask(before)
	run()
}
