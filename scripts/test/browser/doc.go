// Package browser tests in Chromium what people see of the service, and what web pages
// of others can do to it: nothing. It runs with make browser, which installs Chromium.
package browser
