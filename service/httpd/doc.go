// Package httpd puts the service on the network: routes, listeners on TCP and unix
// sockets, health checks, request ids, one log line for each request, a limit of
// concurrent requests, and a shutdown that loses no request. It is the only package
// that imports the web framework Echo.
//
// Metrics have a server of their own, see [NewMetrics], because a reverse proxy
// makes the first server public.
//
// The server believes what a reverse proxy says about the client (its address, and
// the scheme, host, port and path that the client used) only if the address of the
// proxy is among the trusted ones. Of a chain of proxies it believes those that are
// trusted, from the nearest one on.
package httpd
