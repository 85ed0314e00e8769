package wsdl_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

func TestDescriptions(t *testing.T) {
	operations := wsdltest.Operations(t)
	found := wsdl.Descriptions()
	require.Len(t, found, len(operations))
	for i, operation := range operations {
		assert.Equal(t, operation.Name, found[i].Name)
		assert.NotEmpty(t, found[i].Text, operation.Name)
	}
	assert.Contains(t, found[0].Text, "MEMCACHED SOAP OK")
}
