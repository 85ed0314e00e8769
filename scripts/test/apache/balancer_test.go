package apache

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached/memcachedtest"
	"memcachedsoap/wsdl"
)

// While one of nine memcached servers is dead, the balancer still sends calls to
// the instances: only the sessions on that server are unavailable.
func TestOneOfNineServersIsDead(t *testing.T) {
	t.Parallel()
	caches := make([]*memcachedtest.Server, 9)
	addresses := make([]string, len(caches))
	for i := range caches {
		caches[i] = memcachedtest.Start(t)
		addresses[i] = caches[i].Addr
	}
	site, instances := balanced(t, addresses...)
	call := func(operation, id, content string) (int, string) {
		return site.call(envelope(`<` + operation + ` xmlns="` + wsdl.Namespace + `"><id>` + id + `</id>` + content + `</` + operation + `>`))
	}
	ids := make([]string, 90)
	dead := make(map[string]bool)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032x", i) // by their hash nine of these ids are on the seventh server
		code, answer := call("setSession", ids[i], `<attributes/>`)
		require.Equal(t, http.StatusOK, code, answer)
		found, err := caches[6].Command(t.Context(), "mg "+ids[i])
		require.NoError(t, err)
		dead[ids[i]] = bytes.HasPrefix(found, []byte("HD"))
	}
	caches[6].Kill()
	answered, unavailable := 0, 0
	for began := time.Now(); time.Since(began) < 4*time.Second; { // four health checks of Apache
		for _, id := range ids {
			code, answer := call("getSession", id, "")
			if dead[id] {
				unavailable++
				require.Equal(t, http.StatusInternalServerError, code)
				require.Contains(t, answer, "StoreUnavailableFault")
				continue
			}
			answered++
			require.Equal(t, http.StatusOK, code, answer)
		}
	}
	assert.Positive(t, unavailable)
	assert.Equal(t, 9*unavailable, answered)
	for _, s := range instances {
		for path, want := range map[string]int{"/readyz": http.StatusOK, "/readyz?all": http.StatusServiceUnavailable} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+path, strings.NewReader(""))
			require.NoError(t, err)
			response, err := site.client.Do(r)
			require.NoError(t, err)
			response.Body.Close()
			assert.Equal(t, want, response.StatusCode, path)
		}
	}
}
