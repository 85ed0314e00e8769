//go:build interop

package adapters

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
)

// cookieName is the name of the cookie that all applications use.
const cookieName = "sessionid"

// application is a running example application of an adapter. Its paths are:
//
//	GET  /whoami           the user: {"uid": …, "groups": […]}
//	POST /login?uid=U      logs a user in, with a new id
//	POST /logout           deletes the session
//	GET  /get?key=K        {"present": …, "value": …}
//	POST /set?key=K        stores the JSON value of the body
//	POST /remove?key=K     removes a value
//	POST /many             stores the values of a JSON object
//	POST /slow?key=K&ms=N  like /set, N milliseconds after it has read the session
//	GET  /plain            a page without a session
//
// {"base64": …} stands for bytes that are no text.
type application struct {
	name string
	url  string
	gate *gate // its way to the service
}

// prefix is what the names of attributes begin with that only this application uses.
func (a *application) prefix() string { return strings.ReplaceAll(a.name, "/", "-") }

// startAll starts the applications of all adapters on one service. They share the
// attributes with the given names, beside those of a login.
func startAll(t *testing.T, s *site, shared ...string) []*application {
	t.Helper()
	var started []*application
	for _, name := range adapters(t) {
		started = append(started, start(t, s, name, shared))
	}
	for _, a := range started {
		a.await(t)
	}
	return started
}

func start(t *testing.T, s *site, name string, shared []string) *application {
	t.Helper()
	a := &application{name: name, gate: newGate(t, s.url)}
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	a.url = "http://" + address
	process := exec.CommandContext(t.Context(), filepath.Join(programs, name, "example", "run"))
	process.Env = append(os.Environ(), "SOAP_URL="+a.gate.url, "PORT="+port, "SHARED="+strings.Join(shared, ","), "APP="+a.prefix())
	var output bytes.Buffer
	process.Stdout, process.Stderr = &output, &output
	// The application may start others, which end with it.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, process.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		process.Wait() //nolint:errcheck // the test ends it
	}()
	t.Cleanup(func() {
		syscall.Kill(-process.Process.Pid, syscall.SIGTERM) //nolint:errcheck // it may have ended
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			syscall.Kill(-process.Process.Pid, syscall.SIGKILL) //nolint:errcheck // it may have ended
			<-ended
			t.Errorf("%s does not end on SIGTERM", name)
		}
		if t.Failed() {
			t.Logf("%s:\n%s", name, output.String())
		}
	})
	return a
}

// await waits until the application answers. The first run may build it.
func (a *application) await(t *testing.T) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/plain", nil)
		require.NoError(c, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(c, err)
		require.NoError(c, response.Body.Close())
		require.Equal(c, http.StatusOK, response.StatusCode)
	}, 5*time.Minute, 100*time.Millisecond, a.name)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// user is a browser. It has one cookie, which it sends to all applications: they are
// below one domain.
type user struct {
	http.Client
}

func newUser(t *testing.T) *user {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &user{http.Client{Jar: jar, Timeout: time.Minute}}
}

// loopback is the host of all applications, for which the browser keeps the cookie.
var loopback = &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}

// session returns the id of the user's session; "" if there is none.
func (u *user) session() sessionstore.ID {
	for _, c := range u.Jar.Cookies(loopback) {
		if c.Name == cookieName {
			return sessionstore.ID(c.Value)
		}
	}
	return ""
}

// take makes the browser send an id.
func (u *user) take(id sessionstore.ID) {
	u.Jar.SetCookies(loopback, []*http.Cookie{{Name: cookieName, Value: string(id), Path: "/"}}) //nolint:gosec // to loopback
}

// call sends a request and returns the status and the body of the answer.
func (u *user) call(t *testing.T, a *application, method, path string, body any) (int, []byte) {
	t.Helper()
	status, answer, err := u.send(t.Context(), a, method, path, body)
	require.NoError(t, err, "%s %s", a.name, path)
	return status, answer
}

// send is call for goroutines that are not the test's.
func (u *user) send(ctx context.Context, a *application, method, path string, body any) (int, []byte, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, content)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := u.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// page is call for an answer that is JSON.
func (u *user) page(t *testing.T, a *application, method, path string, body any) map[string]any {
	t.Helper()
	status, answer := u.call(t, a, method, path, body)
	require.Equal(t, http.StatusOK, status, "%s %s: %s", a.name, path, answer)
	var decoded map[string]any
	require.NoError(t, json.Unmarshal(answer, &decoded), "%s %s: %s", a.name, path, answer)
	return decoded
}

func (u *user) login(t *testing.T, a *application, uid string) {
	t.Helper()
	assert.Equal(t, uid, u.page(t, a, http.MethodPost, "/login?uid="+url.QueryEscape(uid), nil)["uid"], a.name)
}

func (u *user) logout(t *testing.T, a *application) {
	t.Helper()
	u.page(t, a, http.MethodPost, "/logout", nil)
}

// whoami returns the name of the user as an application sees it; nil if nobody is
// logged in.
func (u *user) whoami(t *testing.T, a *application) any {
	t.Helper()
	return u.page(t, a, http.MethodGet, "/whoami", nil)["uid"]
}

func (u *user) set(t *testing.T, a *application, key string, value any) {
	t.Helper()
	status, answer := u.call(t, a, http.MethodPost, "/set?key="+url.QueryEscape(key), json.RawMessage(encode(t, value)))
	require.Equal(t, http.StatusOK, status, "%s %s: %s", a.name, key, answer)
}

func (u *user) get(t *testing.T, a *application, key string) (value any, present bool) {
	t.Helper()
	answer := u.page(t, a, http.MethodGet, "/get?key="+url.QueryEscape(key), nil)
	present, ok := answer["present"].(bool)
	require.True(t, ok, "%s: %v", a.name, answer)
	return answer["value"], present
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return encoded
}

// slow sends /slow and returns a function that waits for its end. When slow returns, the
// application has read the session.
func (u *user) slow(t *testing.T, a *application, key string, value any, d time.Duration) (wait func()) {
	t.Helper()
	a.gate.taken()
	other := newUser(t) // the answer must not change the user's cookie meanwhile
	other.take(u.session())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		status, answer, err := other.send(t.Context(), a, http.MethodPost, fmt.Sprintf("/slow?key=%s&ms=%d", key, d.Milliseconds()), value)
		assert.NoError(t, err)
		assert.Equal(t, http.StatusOK, status, "%s: %s", a.name, answer)
	}()
	require.Eventually(t, func() bool {
		a.gate.mu.Lock()
		defer a.gate.mu.Unlock()
		return len(a.gate.calls) > 0
	}, 10*time.Second, 5*time.Millisecond, a.name)
	time.Sleep(d / 4) // the call has begun; it ends long before the page does
	return func() { <-ended }
}
