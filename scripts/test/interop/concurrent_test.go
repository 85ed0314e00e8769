package interop_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
)

func updateSession(id, key, value string) string {
	return `<updateSession xmlns="` + wsdl.Namespace + `"><id>` + id + `</id>` +
		`<set><entry><key>` + key + `</key><value>` + value + `</value></entry></set></updateSession>`
}

// 64 callers of two instances and a Perl program each add 100 keys to one session at
// the same time. No change is lost.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	cache := memcachedtest.Start(t)
	for name, args := range map[string][]string{"memcached": {"--servers=" + cache.Addr}, "memory": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instances := []*service{start(t, args...)}
			if len(args) > 0 {
				instances = append(instances, start(t, args...))
			}
			client := newClient(t)
			call(t, client, instances[0].endpoint, setSession("ab12"), http.StatusOK)
			const callers, each = 64, 100
			var all sync.WaitGroup
			for caller := range callers {
				all.Go(func() {
					for n := range each {
						payload := updateSession("ab12", fmt.Sprintf("soap %d of %d", n, caller), strconv.Itoa(n))
						status, answer, err := post(t, client, instances[caller%len(instances)].endpoint, payload)
						assert.NoError(t, err)
						assert.Equal(t, http.StatusOK, status, answer)
					}
				})
			}
			perl := 0
			if len(args) > 0 {
				perl = each
				assert.Equal(t, "100 added\n", run(t, "perl", "perl/memcached-cas.pl", cache.Addr, "ab12", strconv.Itoa(each)))
			}
			all.Wait()
			answer := call(t, client, instances[0].endpoint, getSession("ab12"), http.StatusOK)
			require.Equal(t, callers*each, strings.Count(answer, "<key>soap "))
			require.Equal(t, perl, strings.Count(answer, "<key>perl "))
			for _, s := range instances {
				s.stop(t)
			}
		})
	}
}
