// Package clients contains the pages of the client programs, so that the service can show
// their first program with its own address: make interop follows these pages, and there
// is no second copy of a program.
package clients

import "embed"

// Pages are the pages, LANGUAGE/README.md.
//
//go:embed dotnet/README.md go/README.md java/README.md node/README.md perl/README.md php/README.md python/README.md
var Pages embed.FS
