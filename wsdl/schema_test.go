package wsdl_test

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

const schemaNamespace = "http://www.w3.org/2001/XMLSchema"

func TestSchema(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	assert.Equal(t, wsdl.Namespace, schema.TargetNamespace, "[R2105]")
	assert.Equal(t, "qualified", schema.ElementFormDefault)
	assert.True(t, strings.HasPrefix(wsdl.Document(), `<?xml version="1.0" encoding="UTF-8"?>`), "[R4003]")
	assert.True(t, utf8.ValidString(wsdl.Document()), "[R4003]")
}

// TestVocabulary checks that the schema uses sequences of elements only: no
// choice, any, attribute, import or SOAP array (R2110, R2111, R2113).
func TestVocabulary(t *testing.T) {
	t.Parallel()
	allowed := []string{"schema", "complexType", "sequence", "element", "annotation", "documentation"}
	scanner := xml.NewDecoder(strings.NewReader(wsdl.Document()))
	for {
		token, err := scanner.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok && start.Name.Space == schemaNamespace {
			assert.Contains(t, allowed, start.Name.Local)
		}
	}
}

// TestRequests: the children of a request are nillable, and all but numbers and
// booleans of the first release are optional, so that every toolkit generates simple
// optional parameters. What came later is optional in any case: zeep, XML::Compile and
// PHP read the document at run time and refuse to send a request without what it
// requires, and programs of the first release do not send it.
func TestRequests(t *testing.T) {
	t.Parallel()
	firstRelease := []string{"setSession/ttl", "setSession/updateOnly", "updateSession/ttl", "touchSession/ttl"}
	elements := elementsOf(wsdltest.Parse(t))
	for _, op := range wsdltest.Operations(t) {
		for _, child := range childrenOf(t, elements, op.Input.Local) {
			assert.True(t, child.Nillable, "%s/%s", op.Name, child.Name)
			if slices.Contains(firstRelease, op.Name+"/"+child.Name) {
				assert.Empty(t, child.MinOccurs, "%s/%s", op.Name, child.Name)
			} else {
				assert.Equal(t, "0", child.MinOccurs, "%s/%s", op.Name, child.Name)
			}
			assert.Empty(t, child.MaxOccurs, "%s/%s: a list is a type of its own", op.Name, child.Name)
			assert.NotEmpty(t, child.Doc, "%s/%s", op.Name, child.Name)
		}
	}
}

// TestResponses: a response has one element, <operation>Result, whose name no
// request has: toolkits make an in-out parameter of a name in both.
func TestResponses(t *testing.T) {
	t.Parallel()
	elements := elementsOf(wsdltest.Parse(t))
	for _, op := range wsdltest.Operations(t) {
		children := childrenOf(t, elements, op.Output.Local)
		require.Len(t, children, 1, op.Name)
		assert.Equal(t, op.Name+"Result", children[0].Name)
		if children[0].Type == "xs:boolean" {
			assert.False(t, children[0].Nillable, op.Name)
			assert.Empty(t, children[0].MinOccurs, op.Name)
		} else {
			assert.True(t, children[0].Nillable, op.Name)
			assert.Equal(t, "0", children[0].MinOccurs, op.Name)
		}
		for _, child := range childrenOf(t, elements, op.Input.Local) {
			assert.NotEqual(t, children[0].Name, child.Name)
		}
	}
}

// TestFaults: the element and the type of a fault have the same name, and the
// name of its message ends in Exception, from which JAX-WS takes the class name.
func TestFaults(t *testing.T) {
	t.Parallel()
	d := wsdltest.Parse(t)
	elements := elementsOf(d)
	declared := 0
	for name, element := range elements {
		if element.Inline != nil {
			continue
		}
		declared++
		assert.True(t, strings.HasSuffix(name, "Fault"), "element %s has a named type", name)
		assert.Equal(t, "tns:"+name, element.Type)
	}
	require.NotZero(t, declared)
	for _, op := range d.PortTypes[0].Operations {
		for _, f := range op.Faults {
			assert.Equal(t, "tns:"+f.Name+"Exception", f.Message)
			assert.Contains(t, elements, f.Name+"Fault")
		}
	}
	for _, m := range d.Messages {
		if base, ok := strings.CutSuffix(m.Name, "Exception"); ok {
			assert.Equal(t, "tns:"+base+"Fault", m.Parts[0].Element)
		}
	}
}

// TestTypes: the schema uses only types that every toolkit knows. An element that
// repeats is unbounded and alone in its type. Nothing is nillable, and everything
// has documentation.
func TestTypes(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	known := map[string]bool{
		"xs:string": true, "xs:boolean": true, "xs:int": true, "xs:long": true, "xs:base64Binary": true,
	}
	for _, typ := range schema.Types {
		known["tns:"+typ.Name] = true
	}
	for _, typ := range schema.Types {
		require.NotNil(t, typ.Sequence, typ.Name)
		assert.NotEmpty(t, typ.Doc, typ.Name)
		for _, e := range typ.Sequence.Elements {
			assert.True(t, known[e.Type], "%s/%s is a %s", typ.Name, e.Name, e.Type)
			assert.False(t, e.Nillable, "%s/%s", typ.Name, e.Name)
			if e.MaxOccurs != "" {
				assert.Equal(t, "unbounded", e.MaxOccurs, "%s/%s", typ.Name, e.Name)
				assert.Equal(t, "0", e.MinOccurs, "%s/%s", typ.Name, e.Name)
				assert.Len(t, typ.Sequence.Elements, 1, "%s: a list contains nothing else", typ.Name)
				assert.NotEmpty(t, e.Doc, "%s/%s: document its limit", typ.Name, e.Name)
			}
		}
	}
}

// TestNames: names that differ only in case collide in generated code. Only the
// element and the type of a fault have the same name.
func TestNames(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	seen := map[string]string{}
	for _, typ := range schema.Types {
		seen[strings.ToLower(typ.Name)] = typ.Name
	}
	require.Len(t, seen, len(schema.Types))
	for _, e := range schema.Elements {
		if e.Type != "tns:"+e.Name {
			assert.NotContains(t, seen, strings.ToLower(e.Name))
		}
	}
}

func schemaOf(t *testing.T) wsdltest.Schema {
	t.Helper()
	d := wsdltest.Parse(t)
	require.Len(t, d.Schemas, 1)
	return d.Schemas[0]
}

func elementsOf(d wsdltest.Definitions) map[string]wsdltest.Element {
	elements := map[string]wsdltest.Element{}
	for _, e := range d.Schemas[0].Elements {
		elements[e.Name] = e
	}
	return elements
}

// childrenOf returns the children of a wrapper element. It has a sequence even if
// it is empty, because gowsdl fails on a message without one.
func childrenOf(t *testing.T, elements map[string]wsdltest.Element, wrapper string) []wsdltest.Element {
	t.Helper()
	require.Contains(t, elements, wrapper)
	require.NotNil(t, elements[wrapper].Inline, wrapper)
	require.NotNil(t, elements[wrapper].Inline.Sequence, wrapper)
	return elements[wrapper].Inline.Sequence.Elements
}
