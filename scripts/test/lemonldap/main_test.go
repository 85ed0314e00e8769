//go:build interop

package lemonldap

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"memcachedsoap/scripts/test/programtest"
)

const (
	// root is the root of the repository.
	root = "../../.."
	// ample is the time limit for what takes seconds at most on a quiet machine.
	ample = 2 * time.Minute
	// poll is how often a test looks for a state that it waits for.
	poll = 50 * time.Millisecond
)

var (
	// program is the path of the service's binary.
	program string
	// versions are the versions of LemonLDAP::NG.
	versions []version
)

func TestMain(m *testing.M) {
	var err error
	if versions, err = unpacked(os.Getenv("LEMONLDAP")); err != nil {
		panic(err)
	}
	path, remove := programtest.Temporary()
	defer remove()
	program = path
	m.Run()
}

// unpacked returns the versions in folders that are separated by colons.
func unpacked(folders string) ([]version, error) {
	var found []version
	for _, folder := range filepath.SplitList(folders) {
		v, err := readVersion(folder)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	if len(found) == 0 {
		return nil, errors.New("the variable LEMONLDAP names no folder: run make lemonldap")
	}
	return found, nil
}

// withVersions runs a test with each version that is as new as the one given, several at
// a time.
func withVersions(t *testing.T, since string, test func(t *testing.T, v version)) {
	t.Helper()
	t.Parallel()
	for _, v := range versions {
		if v.atLeast(since) {
			t.Run(v.number, func(t *testing.T) {
				t.Parallel()
				test(t, v)
			})
		}
	}
}
