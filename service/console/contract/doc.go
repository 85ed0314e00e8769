// Package contract shows people what the service offers: the page at its address.
package contract
