//go:build !unix

package httpd

import "os"

// accepts returns false: other systems have no systemd.
func accepts(*os.File) bool { return false }
