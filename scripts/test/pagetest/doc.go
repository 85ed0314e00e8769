// Package pagetest runs the commands and programs of Markdown pages as a reader
// does. Tests use it to show that what a page says works.
//
// A page consists of fenced blocks, see [Blocks]. A [Shell] runs them.
package pagetest
