// Package page is the frame of all pages for people: layout, navigation, assets, the
// Content-Security-Policy, and the tokens of forms. It knows no page.
//
// A page of this service names no host and no absolute path: its links are relative to
// the path that the browser has asked for, so that they work below every prefix that a
// proxy publishes, whatever the proxy says of it.
package page
