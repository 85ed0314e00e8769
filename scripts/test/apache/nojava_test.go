//go:build !interop

package apache

import "testing"

// java is nothing where Java is not installed: make interop has it.
func (*site) java(...string) {}

func javaTrust(*testing.T, certificates) string { return "" }
