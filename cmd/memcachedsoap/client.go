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
	"memcachedsoap/service/traces"
	"memcachedsoap/wsdl"
)

// clientCommands are the commands that call a running service.
type clientCommands struct {
	Session sessionCommand `cmd:"" help:"Read and write sessions through a service."`
	Stats   statsCommand   `cmd:"" help:"Print the statistics of a service and of its memcached servers."`
	Status  statusCommand  `cmd:"" help:"Check that a service and all its servers answer."`
	Health  healthCommand  `cmd:"" help:"Check that a service answers, without credentials, as the health check of a container does."`
}

// Help is what the program's own --help adds.
func (clientCommands) Help() string { return exitCodesHelp() }

// callGroup is the group of [callFlags] in the grammar.
const callGroup = "call"

// callFlags are the flags of every command that calls a service.
type callFlags struct {
	URL     endpoint      `name:"url" default:"http://127.0.0.1:8080/soap" env:"MEMCACHEDSOAP_URL" placeholder:"URL" group:"call" help:"Endpoint of the service: http://HOST:PORT/PATH, https://HOST/PATH, or unix:PATH of its socket. Put USER:PASSWORD@ before HOST if the service or a proxy requires a password; set it by the environment variable, because other users of the machine can read a command line. Default ${default}."`
	Timeout time.Duration `default:"10s" placeholder:"TIME" group:"call" help:"Longest time for the whole call. Default ${default}."`
	JSON    bool          `name:"json" group:"call" help:"Print JSON."`
}

// Help is what each command's --help adds.
func (*callFlags) Help() string { return exitCodesHelp() }

// Validate rejects flags that cannot work. Kong calls it.
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

// UnmarshalText parses a URL, or unix: and the path of a socket. Its errors do
// not quote the text, which may hold a password.
func (e *endpoint) UnmarshalText(text []byte) error {
	if path, ok := strings.CutPrefix(string(text), "unix:"); ok {
		if path == "" {
			return errors.New("unix: must be followed by the path of a socket")
		}
		*e = endpoint{url: "http://localhost" + httpd.EndpointPath, socket: path}
		return nil
	}
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("the address must be an http:// or https:// URL, or unix:PATH")
	}
	*e = endpoint{url: u.String()}
	return nil
}

// client calls one service. getSession, getSessions, setSession and
// updateSession use messages of this package, because the generated ones lose
// values of sessions.
type client struct {
	wsdl.SessionPortType
	soap *gowsdl.Client
}

// call runs ask with a client and a context that ends at the timeout. It returns
// the error of ask as a [failure].
func (f *callFlags) call(ctx context.Context, ask func(context.Context, client) error) error {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	headers := traces.Headers(ctx)
	headers["User-Agent"] = "memcachedsoap/" + version
	soap := gowsdl.NewClient(f.URL.url, gowsdl.WithHTTPClient(newHTTPClient(f.URL.socket)), gowsdl.WithHTTPHeaders(headers))
	return classify(ask(ctx, client{wsdl.NewSessionPortType(soap), soap}), f.Timeout)
}

// getSession calls the operation of that name. The generated Entry does not
// distinguish an empty value from an absent one, and does not decode base64. typed asks
// for the types of numbers and booleans.
func (c client) getSession(ctx context.Context, id string, typed bool) (*session, error) {
	var response struct {
		XMLName xml.Name `xml:"urn:memcached-soap:session:v1 getSessionResponse"`
		Session *session `xml:"getSessionResult"`
	}
	err := c.soap.CallContext(ctx, wsdl.Action("getSession"), &wsdl.GetSession{Id: &id, Typed: ifTrue(typed)}, &response)
	return result(response.Session, err)
}

// getSessions calls the operation of that name.
func (c client) getSessions(ctx context.Context, ids []string, typed bool) ([]session, error) {
	type sessionList struct {
		Sessions []session `xml:"session"`
	}
	var response struct {
		XMLName xml.Name     `xml:"urn:memcached-soap:session:v1 getSessionsResponse"`
		List    *sessionList `xml:"getSessionsResult"`
	}
	err := c.soap.CallContext(ctx, wsdl.Action("getSessions"), &wsdl.GetSessions{Ids: &wsdl.IdList{Id: ids}, Typed: ifTrue(typed)}, &response)
	list, err := result(response.List, err)
	if err != nil {
		return nil, err
	}
	return list.Sessions, nil
}

// ifTrue returns a flag of a request, or nil for false: services before it was in the
// contract refuse it.
func ifTrue(flag bool) *bool {
	if !flag {
		return nil
	}
	return &flag
}

// setRequest is the request of setSession; without an id the service creates a
// session. The generated Entry would omit an empty value, which makes it undef,
// and would not encode bytes as base64.
type setRequest struct {
	XMLName    xml.Name `xml:"urn:memcached-soap:session:v1 setSession"`
	ID         string   `xml:"id,omitempty"`
	Attributes hash     `xml:"attributes"`
	TTL        int32    `xml:"ttl"`
	IfVersion  string   `xml:"ifVersion,omitempty"`
	UpdateOnly bool     `xml:"updateOnly"`
	Lifetime   int32    `xml:"lifetime,omitempty"`
	OnlyNew    bool     `xml:"onlyNew,omitempty"`
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
	Lifetime  int32    `xml:"lifetime,omitempty"`
}

// keyList is the contract's KeyList. The generated one omits an empty list.
type keyList struct {
	Keys []argument `xml:"key"`
}

func (c client) updateSession(ctx context.Context, request updateRequest) (*wsdl.SessionRef, error) {
	var response wsdl.UpdateSessionResponse
	err := c.soap.CallContext(ctx, wsdl.Action("updateSession"), &request, &response)
	return result(response.UpdateSessionResult, err)
}

// result returns the one element of a response, whose absence is an error. The
// contract declares it optional only because toolkits need that.
func result[T any](element *T, err error) (*T, error) {
	if err == nil && element == nil {
		err = errors.New("the result is missing")
	}
	return element, err
}

// Limits of a response in bytes: far more than a service sends within its own
// limits, and enough of a fault or of an error page.
const (
	maxResponse = 64 << 20
	maxFault    = 1 << 20
)

// boundedClient is an HTTP client for gowsdl, which itself reads responses of any
// length.
type boundedClient struct{ http.Client }

// newHTTPClient returns a client for one call. socket is the path of a unix
// socket, or "" for TCP.
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
			return errRedirected // following it would turn POST into GET, or send a session to another host
		},
	}}
}

// Do sends a request. Reading the response fails where it exceeds its limit.
func (c *boundedClient) Do(request *http.Request) (*http.Response, error) {
	response, err := c.Client.Do(request)
	if err != nil {
		return nil, err //nolint:wrapcheck // classify examines it
	}
	limit := int64(maxResponse)
	if response.StatusCode >= http.StatusBadRequest {
		limit = maxFault
	}
	response.Body = http.MaxBytesReader(nil, response.Body, limit)
	return response, nil
}
