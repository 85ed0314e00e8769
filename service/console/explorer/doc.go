// Package explorer is the session explorer: pages on which people find, read, edit,
// extend and end sessions, and list those of a server.
//
// What a person sees is what package service lets the caller see, and each look and each
// change is in the audit log. Values are masked until they are asked for. The addresses of
// the pages have no ids and no values: they are sealed with a key that the instances on
// the same servers share. Every page works without scripts.
package explorer
