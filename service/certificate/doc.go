// Package certificate keeps the certificate with which the service answers over TLS,
// and names the certificates of clients.
//
// A [Keeper] reads the files of the operator, refuses what cannot work, and reads them
// again when it is asked to. Files that cannot be used leave the last ones in use.
//
// [FromHeader] returns the certificate of a client that a reverse proxy has verified, and
// [Subject] the subject of a certificate as openssl prints it.
package certificate
