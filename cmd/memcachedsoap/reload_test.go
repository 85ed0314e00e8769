package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reloadableTest is a part with two files, of which the second may be absent.
type reloadableTest struct {
	reloadable

	log    logBuffer
	folder string
	loads  int
	err    error // of the next reloads
	looks  int
}

func newReloadable(t *testing.T) *reloadableTest {
	t.Helper()
	r := &reloadableTest{folder: t.TempDir()}
	r.reloadable = reloadable{flag: "--file", paths: []string{r.path("one"), r.path("two"), ""}, atLook: func() { r.looks++ }, reload: func() error {
		r.loads++
		return r.err
	}}
	r.write(t, "one", "1")
	r.changed()
	return r
}

func (r *reloadableTest) path(name string) string { return filepath.Join(r.folder, name) }

func (r *reloadableTest) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(r.path("new"), []byte(text), 0o600))
	require.NoError(t, os.Rename(r.path("new"), r.path(name)))
}

// loaded looks once, and says how often the files were read so far.
func (r *reloadableTest) loaded() int {
	r.look(slog.New(slog.NewJSONHandler(&r.log, nil)))
	return r.loads
}

// Files are read when they have changed and are the same twice.
func TestChangesAreReadWhenTheyAreComplete(t *testing.T) {
	t.Parallel()
	r := newReloadable(t)
	for range 3 {
		require.Zero(t, r.loaded(), "nothing has changed")
	}
	assert.Equal(t, 3, r.looks)
	r.write(t, "one", "2")
	require.Zero(t, r.loaded())
	r.write(t, "two", "2")
	require.Zero(t, r.loaded(), "they change still")
	require.Equal(t, 1, r.loaded())
	require.Equal(t, 1, r.loaded(), "nothing has changed since")

	require.NoError(t, os.Chmod(r.path("one"), 0o640)) //nolint:gosec // it is the test
	r.loaded()
	require.Equal(t, 2, r.loaded(), "its permissions are others")
	require.NoError(t, os.Remove(r.path("two")))
	r.loaded()
	require.Equal(t, 3, r.loaded(), "it is gone")

	data := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(data, "two"), []byte("3"), 0o600))
	require.NoError(t, os.Symlink(data, r.path("..data")))
	require.NoError(t, os.Symlink(filepath.Join("..data", "two"), r.path("two")))
	r.loaded()
	require.Equal(t, 4, r.loaded(), "it is there again")
	next := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(next, "two"), []byte("4"), 0o600))
	require.NoError(t, os.Symlink(next, r.path("..next")))
	require.NoError(t, os.Rename(r.path("..next"), r.path("..data")))
	r.loaded()
	require.Equal(t, 5, r.loaded(), "the folder of the volume is another one")
}

// After an error each look tries again. An error is logged once, and to an operator who
// asks.
func TestFailedReload(t *testing.T) {
	t.Parallel()
	r := newReloadable(t)
	said := func() int {
		return len(r.log.lines(t, "could not read --file again: its former content stays in use"))
	}
	r.err = errors.New("no")
	r.write(t, "one", "2")
	r.loaded()
	for n := range 3 {
		require.Equal(t, n+1, r.loaded())
	}
	assert.Equal(t, 1, said())
	r.err = errors.New("another")
	r.loaded()
	assert.Equal(t, 2, said())
	r.run(true, slog.New(slog.NewJSONHandler(&r.log, nil)))
	assert.Equal(t, 3, said())
	r.err = nil
	require.Equal(t, 6, r.loaded())
	require.Equal(t, 6, r.loaded(), "there was no error")
	assert.Equal(t, 3, said())
}
