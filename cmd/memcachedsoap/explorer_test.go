package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/service/console/explorer"
)

// The explorer offers each type of LemonLDAP::NG whose sessions are items of their own.
func TestTypesOfTheExplorer(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []explorer.Type{
		{Name: "global"}, {Name: "persistent", Kind: "persistent"}, {Name: "saml", Kind: "saml"}, {Name: "cas", Kind: "cas"}, {Name: "oidc", Kind: "oidc"},
	}, sessionTypes())
}
