// Package access knows who may call the service, and what a caller may do.
//
// The auth file lists the callers: [ParseFile] reads it. A [Guard] finds the caller
// of a request by what the request sends: a password, a key, a certificate or an
// address. The HTTP server gives the guard's record of a request to the context with
// [Guard.Begin]; [Authenticate] finds the caller, and [Require] asks for a role. A
// context without a record, such as that of a command or of a service without an auth
// file, may do everything.
package access
