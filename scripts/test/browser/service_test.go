//go:build interop

package browser

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
)

// service is a running service.
type service struct {
	t       *testing.T
	address string
	log     string // path
}

// startService starts the service with more arguments. Without --servers the sessions
// are in its memory.
func startService(t *testing.T, args ...string) *service {
	t.Helper()
	s := &service{t: t, log: filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(s.log)
	require.NoError(t, err)
	cmd := exec.Command(program, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain", "0s"}, args...)...)
	cmd.Stderr = log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, cmd.Wait())
		log.Close()
	})
	listening := regexp.MustCompile(`"msg":"listening","address":"([^"]+)"`)
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(s.log)
		match := listening.FindSubmatch(log)
		if err != nil || match == nil {
			return false
		}
		s.address = string(match[1])
		return true
	}, ample, 10*time.Millisecond)
	return s
}

func (s *service) endpoint() string { return s.url("/soap") }

// url returns the URL of a path.
func (s *service) url(path string) string { return "http://" + s.address + path }

// call calls the service as a program does.
func (s *service) call(operation, id, rest string) string {
	s.t.Helper()
	response, err := http.Post(s.endpoint(), "text/xml", strings.NewReader(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><`+
		operation+` xmlns="`+wsdl.Namespace+`"><id>`+id+`</id>`+rest+`</`+operation+`></e:Body></e:Envelope>`))
	require.NoError(s.t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return string(answer)
}

func (s *service) has(id string) bool {
	s.t.Helper()
	return strings.Contains(s.call("getSession", id, ""), secret)
}

// refused returns how many requests were refused because of their host or origin.
func (s *service) refused(because string) int {
	s.t.Helper()
	log, err := os.ReadFile(s.log)
	require.NoError(s.t, err)
	return bytes.Count(log, []byte(`"refused":"`+because+`"`))
}

// basic returns the Authorization of a name and a password.
func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}
