package main

import (
	"context"
	"encoding/xml"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	gowsdl "github.com/hooklift/gowsdl/soap"

	"memcachedsoap/service/httpd"
	"memcachedsoap/wsdl"
)

// clientCommands are the commands that call a service.
type clientCommands struct {
	Session sessionCommand `cmd:"" help:"Read and write sessions through a service."`
	Stats   statsCommand   `cmd:"" help:"Print the counters of a service and of its servers."`
	Status  statusCommand  `cmd:"" help:"Ask a service whether all its servers answer."`
}

// Help is what the program's own --help adds.
func (clientCommands) Help() string { return exitCodesHelp() }

// callGroup is the group of [callFlags] in the grammar.
const callGroup = "call"

// callFlags are the flags of every command that calls a service.
type callFlags struct {
	URL     endpoint      `name:"url" default:"http://127.0.0.1:8080/soap" env:"MEMCACHEDSOAP_URL" placeholder:"URL" group:"call" help:"Endpoint of the service (${default}): http://HOST:PORT/PATH, https://..., with USER:PASSWORD@ before HOST where a proxy asks for a password, or unix:PATH of its socket. A password is better kept in the environment, where other users do not see it."`
	Timeout time.Duration `default:"10s" placeholder:"TIME" group:"call" help:"For the whole call (${default})."`
	JSON    bool          `name:"json" group:"call" help:"Print JSON, for scripts."`
}

// Help is what each command's --help adds.
func (*callFlags) Help() string { return exitCodesHelp() }

// Validate refuses flags that cannot work. Kong calls it.
func (f *callFlags) Validate() error {
	if f.Timeout <= 0 {
		return errors.New("--timeout must be more than 0")
	}
	return nil
}

// endpoint is where a service is reached.
type endpoint struct {
	url    string
	socket string // path of a unix socket; "" for TCP
}

// UnmarshalText reads a URL, or unix: and the path of a socket. Its errors do
// not quote the text, which may hold a password.
func (e *endpoint) UnmarshalText(text []byte) error {
	if path, ok := strings.CutPrefix(string(text), "unix:"); ok {
		if path == "" {
			return errors.New("unix: wants the path of a socket behind it")
		}
		*e = endpoint{url: "http://localhost" + httpd.EndpointPath, socket: path}
		return nil
	}
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("not an http:// or https:// URL, nor unix:PATH")
	}
	*e = endpoint{url: u.String()}
	return nil
}

// client calls one service. What the generated port loses, getSession,
// getSessions, setSession and updateSession bring and take in messages of our
// own.
type client struct {
	wsdl.SessionPortType
	soap *gowsdl.Client
}

// call hands a client to ask, within the time allowed, and gives its error
// the exit code and the sentence that a user is shown.
func (f *callFlags) call(ctx context.Context, ask func(context.Context, client) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	soap := gowsdl.NewClient(f.URL.url, gowsdl.WithHTTPClient(newHTTPClient(f.URL.socket)),
		gowsdl.WithHTTPHeaders(map[string]string{"User-Agent": "memcachedsoap/" + version}))
	return explain(ask(ctx, client{wsdl.NewSessionPortType(soap), soap}), f.Timeout)
}

// getSession does the operation of that name. The generated Entry cannot tell
// an empty value from none, and does not decode base64.
func (c client) getSession(ctx context.Context, id string) (*session, error) {
	var response struct {
		XMLName xml.Name `xml:"urn:memcached-soap:session:v1 getSessionResponse"`
		Session *session `xml:"getSessionResult"`
	}
	err := c.soap.CallContext(ctx, wsdl.Action("getSession"), &wsdl.GetSession{Id: &id}, &response)
	return result(response.Session, err)
}

// getSessions does the operation of that name.
func (c client) getSessions(ctx context.Context, ids []string) ([]session, error) {
	type sessionList struct {
		Sessions []session `xml:"session"`
	}
	var response struct {
		XMLName xml.Name     `xml:"urn:memcached-soap:session:v1 getSessionsResponse"`
		List    *sessionList `xml:"getSessionsResult"`
	}
	err := c.soap.CallContext(ctx, wsdl.Action("getSessions"), &wsdl.GetSessions{Ids: &wsdl.IdList{Id: ids}}, &response)
	list, err := result(response.List, err)
	if err != nil {
		return nil, err
	}
	return list.Sessions, nil
}

// setRequest is the request of setSession; without an id a new session is
// made. The generated Entry would leave an empty value out, which makes it
// undef, and would send bytes that are not base64.
type setRequest struct {
	XMLName    xml.Name `xml:"urn:memcached-soap:session:v1 setSession"`
	ID         string   `xml:"id,omitempty"`
	Attributes hash     `xml:"attributes"`
	TTL        int32    `xml:"ttl"`
	IfVersion  string   `xml:"ifVersion,omitempty"`
	UpdateOnly bool     `xml:"updateOnly"`
}

func (c client) setSession(ctx context.Context, request setRequest) (*wsdl.SessionRef, error) {
	var response wsdl.SetSessionResponse
	err := c.soap.CallContext(ctx, wsdl.Action("setSession"), &request, &response)
	return result(response.SetSessionResult, err)
}

// updateRequest is the request of updateSession.
type updateRequest struct {
	XMLName   xml.Name `xml:"urn:memcached-soap:session:v1 updateSession"`
	ID        string   `xml:"id"`
	Set       hash     `xml:"set"`
	Remove    keyList  `xml:"remove"`
	TTL       int32    `xml:"ttl"`
	IfVersion string   `xml:"ifVersion,omitempty"`
}

// keyList is the contract's KeyList. The generated one is lost when it is
// empty.
type keyList struct {
	Keys []argument `xml:"key"`
}

func (c client) updateSession(ctx context.Context, request updateRequest) (*wsdl.SessionRef, error) {
	var response wsdl.UpdateSessionResponse
	err := c.soap.CallContext(ctx, wsdl.Action("updateSession"), &request, &response)
	return result(response.UpdateSessionResult, err)
}

// result returns the one element of an answer. The contract lets it be absent
// only because toolkits want it so.
func result[T any](element *T, err error) (*T, error) {
	if err == nil && element == nil {
		err = errors.New("it has no result")
	}
	return element, err
}

// Bounds of an answer in bytes: far more than a service sends with its own
// limits, and enough of a fault or a proxy's page of regret.
const (
	maxAnswer = 64 << 20
	maxFault  = 1 << 20
)

// boundedClient is an HTTP client for gowsdl, which would read an answer
// without end.
type boundedClient struct{ http.Client }

// newHTTPClient makes a client for one call. socket is the path of a unix
// socket, or "".
func newHTTPClient(socket string) *boundedClient {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if socket != "" {
		transport.Proxy = nil
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		}
	}
	return &boundedClient{http.Client{
		Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errRedirected // following would turn the POST into a GET, or hand a session to a stranger
		},
	}}
}

// Do does a request; reading the answer fails where it is too long.
func (c *boundedClient) Do(request *http.Request) (*http.Response, error) {
	response, err := c.Client.Do(request)
	if err != nil {
		return nil, err //nolint:wrapcheck // explain looks into it
	}
	limit := int64(maxAnswer)
	if response.StatusCode >= http.StatusBadRequest {
		limit = maxFault
	}
	response.Body = http.MaxBytesReader(nil, response.Body, limit)
	return response, nil
}
