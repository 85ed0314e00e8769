//go:build interop

package browser

import (
	"testing"

	"memcachedsoap/scripts/test/programtest"
)

// program is the path of the program under test.
var program string

func TestMain(m *testing.M) {
	path, remove := programtest.Temporary()
	defer remove()
	program = path
	defer func() { closeBrowser() }()
	m.Run()
}
