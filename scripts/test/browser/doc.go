// Package browser tests in Chromium what web pages can do to the service: a page of
// another origin can neither read nor store nor delete a session. It runs with make
// interop, which installs Chromium.
package browser
