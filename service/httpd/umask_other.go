//go:build !unix

package httpd

// withUmask runs a function: other systems have no umask.
func withUmask(_ int, run func()) { run() }
