package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// runOn runs a real go test on a module with the given files.
func runOn(t *testing.T, files map[string]string) (ok bool, lines []string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module m\n\ngo 1.26.0\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "") // the value of this test may name a go.mod
	var out strings.Builder
	ok, err := run(t.Context(), []string{"./..."}, &out, &out)
	require.NoError(t, err)
	return ok, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func last(lines []string) string { return lines[len(lines)-1] }

const head = "package a\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nvar _ = os.Exit\n\n"

func TestSuccess(t *testing.T) {
	ok, lines := runOn(t, map[string]string{
		"a/a_test.go": head + `
func TestA(t *testing.T) {}
func TestB(t *testing.T) { t.Run("x/y", func(t *testing.T) {}); t.Run("z", func(t *testing.T) {}) }
func TestC(t *testing.T) { t.Skip("no such machine") }
func FuzzD(f *testing.F) { f.Add(1); f.Fuzz(func(t *testing.T, n int) {}) }
`,
		"b/b.go": "package b\n",
	})
	assert.True(t, ok)
	assert.Equal(t, "4 passed, 0 failed, 1 skipped", last(lines))
	assert.Contains(t, strings.Join(lines, "\n"), "Skipped:\n  m/a.TestC: a_test.go:13: no such machine\n")
}

func TestFailures(t *testing.T) {
	ok, lines := runOn(t, map[string]string{
		"a/a_test.go": head + `
func TestA(t *testing.T) { t.Run("bad", func(t *testing.T) { t.Error("because") }); t.Run("good", func(t *testing.T) {}) }
func TestB(t *testing.T) { t.Run("good", func(t *testing.T) {}); t.Error("itself") }
`,
	})
	report := strings.Join(lines, "\n")
	assert.False(t, ok)
	assert.Equal(t, "2 passed, 2 failed, 0 skipped", last(lines))
	assert.Contains(t, report, "because")
	assert.Contains(t, report, "Failed:\n  m/a.TestA/bad\n  m/a.TestB\n")
}

func TestFailuresOutsideTests(t *testing.T) {
	for name, c := range map[string]struct{ code, blamed string }{
		"compile":   {"func TestA(t *testing.T) { undefined() }", "m/a (outside its tests)"},
		"vet":       {`func TestA(t *testing.T) { t.Logf("%d", "x") }`, "m/a (outside its tests)"},
		"TestMain":  {"func TestMain(m *testing.M) { m.Run(); panic(`leak`) }\nfunc TestA(t *testing.T) {}", "m/a (outside its tests)"},
		"panic":     {"func TestA(t *testing.T) { panic(`oops`) }", "m/a.TestA"},
		"goroutine": {"func TestA(t *testing.T) { go func() { panic(`oops`) }(); select {} }", "m/a.TestA"},
		"exit":      {"func TestA(t *testing.T) { t.Run(`b`, func(t *testing.T) { os.Exit(1) }) }", "m/a.TestA/b"},
	} {
		t.Run(name, func(t *testing.T) {
			ok, lines := runOn(t, map[string]string{"a/a_test.go": head + c.code})
			assert.False(t, ok)
			assert.Regexp(t, `^\d passed, 1 failed, 0 skipped$`, last(lines))
			assert.Contains(t, lines[len(lines)-2], c.blamed)
			assert.Greater(t, len(lines), 4, "the report has the reason")
		})
	}
}

func TestNothingRan(t *testing.T) {
	ok, lines := runOn(t, map[string]string{"b/b.go": "package b\n"})
	assert.False(t, ok)
	assert.Equal(t, "0 passed, 1 failed, 0 skipped", last(lines))
	assert.Contains(t, strings.Join(lines, "\n"), "no test ran")
}

func TestBadArguments(t *testing.T) {
	var out strings.Builder
	ok, err := run(t.Context(), []string{"-no-such-flag"}, &out, &out)
	require.NoError(t, err)
	assert.False(t, ok)
	assert.Contains(t, out.String(), "1 failed")
}

// Tests passed, and then go test itself was killed.
func TestGoTestKilled(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\n" + `echo '{"Action":"pass","Package":"m","Test":"TestA"}'; kill -9 $$`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o700)) //nolint:gosec // it is run
	t.Setenv("PATH", dir)
	var out strings.Builder
	ok, err := run(t.Context(), []string{"./..."}, &out, &out)
	require.NoError(t, err)
	assert.False(t, ok)
	assert.Contains(t, out.String(), "go test: signal: killed\n1 passed, 1 failed, 0 skipped\n")
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ok, err := run(ctx, []string{"./..."}, &strings.Builder{}, &strings.Builder{})
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, ok)
}
