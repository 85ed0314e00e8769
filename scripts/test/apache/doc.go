// Package apache tests the configurations in scripts/deploy/apache. It starts Apache
// as a reverse proxy with each of them and calls the service through it.
package apache
