package wsdl_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

// What people read of the operations is all that the contract has.
func TestOperationsForPeople(t *testing.T) {
	operations := wsdltest.Operations(t)
	found := wsdl.Operations()
	require.Len(t, found, len(operations))
	types := wsdl.Types()
	known := func(list []wsdl.Element) {
		for _, e := range list {
			if !strings.HasPrefix(e.Type, "xs:") {
				assert.Contains(t, types, e.Type)
			}
		}
	}
	for i, operation := range operations {
		assert.Equal(t, operation.Name, found[i].Name)
		assert.NotEmpty(t, found[i].Text, operation.Name)
		known(found[i].Request)
		require.Len(t, found[i].Response, 1, operation.Name)
		known(found[i].Response)
		require.Len(t, found[i].Faults, len(operation.Faults), operation.Name)
		for j, fault := range found[i].Faults {
			assert.Equal(t, operation.Faults[j].Local, fault.Name)
			assert.NotEmpty(t, fault.Text, fault.Name)
			assert.NotEmpty(t, fault.Fields, fault.Name)
		}
	}
	assert.Contains(t, found[0].Text, "MEMCACHED SOAP OK")
	assert.Equal(t, wsdl.Element{
		Name: "entry", Type: "Entry", Optional: true, Repeated: true, Text: types["EntryList"].Elements[0].Text,
	}, types["EntryList"].Elements[0])
	assert.NotContains(t, types["EntryList"].Elements[0].Text, "\n")
}
