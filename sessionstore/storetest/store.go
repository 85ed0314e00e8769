package storetest

import (
	"testing"

	"memcachedsoap/sessionstore"
)

func storeTests() map[string]func(*testing.T, sessionstore.Backend) {
	return nil
}
