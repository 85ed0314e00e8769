//go:build !interop

package apache

import "testing"

// java does nothing without the build tag interop: only make interop installs Java.
func (*site) java(...string) {}

func javaTrust(*testing.T, certificates) string { return "" }

func moreTooLong() []string { return nil }
