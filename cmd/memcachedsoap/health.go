package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"memcachedsoap/service/httpd"
)

// healthCommand asks a service for its health: the health check of a container, which
// has no other program that could ask.
type healthCommand struct {
	Ready bool `help:"Ask /readyz: whether the service can serve sessions. Default: ask /healthz, whether the process answers."`
	callFlags
}

// Help is what the command's --help adds.
func (*healthCommand) Help() string {
	return "It needs no credentials. --url is the endpoint, or the address of --metrics-listen: http://127.0.0.1:9180.\n\n" + exitCodesHelp()
}

// healthDocument is what a service says of its health, as JSON.
type healthDocument struct {
	Report []plainString `json:"report"` // lines
}

// Run prints what the service says of its health. It fails if that is not good.
func (c *healthCommand) Run(ctx context.Context, std streams) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	report, err := c.ask(ctx)
	if err != nil {
		return classify(err, c.Timeout)
	}
	var document healthDocument
	var text strings.Builder
	for line := range strings.Lines(report) {
		line = displayable(strings.TrimSuffix(line, "\n"))
		document.Report = append(document.Report, plainString(line))
		text.WriteString(line + "\n")
	}
	return c.print(std, document, []byte(text.String()))
}

// ask returns what the service says of its health. It is an error if that is not good.
func (c *healthCommand) ask(ctx context.Context) (string, error) {
	address, err := c.probe()
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err //nolint:wrapcheck // classify examines it
	}
	caller := newHTTPClient(c.URL.socket)
	defer caller.CloseIdleConnections()
	response, err := caller.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return "", err //nolint:wrapcheck // classify examines it
	case response.StatusCode == http.StatusServiceUnavailable:
		return "", &failure{exitUnavailable, oneLine("the service is not healthy: " + string(body))}
	case response.StatusCode != http.StatusOK:
		return "", &failure{exitFailed, "the response has HTTP status " + response.Status + "; check --url"}
	}
	return string(body), nil
}

// probe returns the URL that is asked: the path of the probe takes the place of that of
// the endpoint, behind the prefix that a proxy has added to it.
func (c *healthCommand) probe() (string, error) {
	address, err := url.Parse(c.URL.url)
	if err != nil {
		return "", errors.New("--url is invalid") // the error quotes it, with a password perhaps
	}
	path := httpd.LivenessPath
	if c.Ready {
		path = httpd.ReadinessPath
	}
	prefix := strings.TrimSuffix(strings.TrimSuffix(address.Path, httpd.EndpointPath), "/")
	return (&url.URL{Scheme: address.Scheme, User: address.User, Host: address.Host, Path: prefix + path}).String(), nil
}
