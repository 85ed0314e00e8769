// Package docs parses the Markdown pages of the repository ([Parse]) and tests
// them. It is goldmark that parses; package pagetest finds and runs the blocks of
// a page with the help of this package.
//
// The tests check every page: links and anchors, the width of lines and tables,
// and the paths that the text names. They compare docs/api.md with the WSDL and
// with the faults in the code. What other pages list is compared where it is
// defined: the settings in cmd/memcachedsoap, the metrics and alerts in
// service/metrics.
package docs
