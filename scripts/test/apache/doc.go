// Package apache tests the configurations of reverse proxies in scripts/deploy: those
// of Apache, nginx and HAProxy, alone and two in a row. It starts the proxy with each of
// them and calls the service through it.
package apache
