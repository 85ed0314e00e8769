package wsdl_test

import (
	"encoding/xml"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

const httpTransport = "http://schemas.xmlsoap.org/soap/http"

func TestWellFormed(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "xmllint", "--noout", "--nonet", "session.wsdl")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "make deps installs xmllint: %s", out)
}

// TestBinding checks the binding of every operation of the port type. The rules
// in brackets are those of WS-I Basic Profile 1.1.
func TestBinding(t *testing.T) {
	t.Parallel()
	d := wsdltest.Parse(t)
	require.Len(t, d.PortTypes, 1)
	require.Len(t, d.Bindings, 1)
	port, binding := d.PortTypes[0], d.Bindings[0]

	assert.Equal(t, wsdl.Namespace, d.TargetNamespace)
	assert.Equal(t, "tns:"+port.Name, binding.Type)
	assert.Equal(t, "document", binding.SOAP.Style, "[R2705]")
	assert.Equal(t, httpTransport, binding.SOAP.Transport, "[R2701, R2702]")

	require.Len(t, binding.Operations, len(port.Operations), "[R2718]")
	for i, op := range port.Operations {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			b := binding.Operations[i]
			require.Equal(t, op.Name, b.Name, "[R2718]")
			assert.NotEmpty(t, op.Doc)
			assert.Equal(t, wsdl.Action(op.Name), b.SOAP.Action)
			assert.Equal(t, wsdl.Action(op.Name), op.Input.Action)
			assert.Equal(t, wsdl.Action(op.Name)+"Response", op.Output.Action)
			assert.Empty(t, b.SOAP.Style, "[R2705]: the style is the binding's")
			for _, body := range []wsdltest.Body{b.Input, b.Output} {
				assert.Equal(t, "literal", body.Use, "[R2706]")
				assert.Empty(t, body.Namespace, "[R2716]")
				assert.Empty(t, body.EncodingStyle, "[R1005]")
			}
			require.Len(t, b.Faults, len(op.Faults), "[R2718]")
			for j, f := range op.Faults {
				assert.Equal(t, f.Name, b.Faults[j].Name)
				assert.Equal(t, f.Name, b.Faults[j].SOAP.Name, "[R2721]")
				assert.Equal(t, "literal", b.Faults[j].SOAP.Use, "[R2723, R2754]")
				assert.Empty(t, b.Faults[j].SOAP.Namespace, "[R2716]")
			}
		})
	}
}

// TestOneOperationPerName checks R2304. The names must also differ
// case-insensitively, because gowsdl ignores case.
func TestOneOperationPerName(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, op := range wsdltest.Operations(t) {
		name := strings.ToLower(op.Name)
		assert.False(t, seen[name], op.Name)
		seen[name] = true
	}
}

// TestMessages checks that every message has one part, which refers to a declared
// element (R2204, R2210) and has the name that .NET requires to unwrap it.
func TestMessages(t *testing.T) {
	t.Parallel()
	d := wsdltest.Parse(t)
	elements := elementsOf(d)
	for _, m := range d.Messages {
		require.Len(t, m.Parts, 1, m.Name)
		part := m.Parts[0]
		assert.Empty(t, part.Type, m.Name)
		assert.Contains(t, elements, wsdltest.Local(part.Element), m.Name)
		if strings.HasSuffix(m.Name, "Exception") {
			assert.Equal(t, "fault", part.Name)
		} else {
			assert.Equal(t, "parameters", part.Name)
		}
	}
	for _, op := range wsdltest.Operations(t) {
		assert.Equal(t, xml.Name{Space: wsdl.Namespace, Local: op.Name}, op.Input)
		assert.Equal(t, xml.Name{Space: wsdl.Namespace, Local: op.Name + "Response"}, op.Output)
		for _, f := range op.Faults {
			assert.NotEmpty(t, f.Local, "a fault of %s has no message", op.Name)
		}
	}
}
