// Package authfile edits the file that names the callers of the service.
//
// It changes the lines of one caller and keeps every other byte: comments, order
// and blank lines of a file that is also edited by hand. A change replaces the
// file as a whole or not at all, and two programs that change it at the same time
// lose nothing. What the fields of a caller mean is the business of package
// access.
package authfile
