// Package apache has configurations for Apache as reverse proxy before the
// service, to be copied, and the tests that start Apache with each of them and
// call the service through it.
package apache
