//go:build interop

package adapters

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/test/programtest"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/sessionstore/storable"
)

const (
	root     = "../../.."
	programs = root + "/scripts/clients"
)

// site is a service with its memcached, and a store on the same memcached.
type site struct {
	cache *memcachedtest.Server
	url   string // of the SOAP endpoint
	store *sessionstore.Store
}

func newSite(t *testing.T) *site {
	t.Helper()
	program, err := filepath.Abs(filepath.Join(root, "bin", "memcachedsoap"))
	require.NoError(t, err)
	cache := memcachedtest.Start(t)
	wsdl := programtest.Serve(t, program, "--servers="+cache.Addr, "--principal=uid", "--store-timeout=5s")
	b, err := memcached.New(memcached.Options{Servers: []string{cache.Addr}, Timeout: 10 * time.Second})
	require.NoError(t, err)
	s := &site{
		cache: cache, url: strings.TrimSuffix(wsdl, "?wsdl"),
		store: sessionstore.NewStore(b, storable.Codec{}, sessionstore.Options{Principals: []string{"uid"}}),
	}
	t.Cleanup(func() { require.NoError(t, s.store.Close()) })
	return s
}

// adapters returns the folders of the adapters below scripts/clients whose name contains
// the variable CLIENT, such as php/session.
func adapters(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(programs, "*/*/adapter-test"))
	require.NoError(t, err)
	var names []string
	for _, path := range paths {
		name, err := filepath.Rel(programs, filepath.Dir(path))
		require.NoError(t, err)
		if strings.Contains(name, os.Getenv("CLIENT")) {
			names = append(names, name)
		}
	}
	require.NotEmpty(t, names)
	return names
}
