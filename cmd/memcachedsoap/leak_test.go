package main

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(tests{m}) }

// tests are the tests of the package. They remove the program that they build.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer removeProgram()
	return t.M.Run()
}
