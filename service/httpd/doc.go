// Package httpd puts the service on the network: routes, listeners on TCP and
// on unix sockets, health checks, request ids, one log line a request, a bound
// on requests in flight, and a stop that loses no request. It is the only
// package that knows the web framework Echo.
//
// Figures for a monitoring system have a server of their own ([NewMetrics]),
// because a reverse proxy shows the world what the first one serves.
//
// A reverse proxy in front is believed what it says of the client (its
// address, and the scheme, host and path that the client used) only if its
// address is among the trusted ones.
package httpd
