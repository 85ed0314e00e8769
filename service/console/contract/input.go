package contract

import (
	"strings"

	"memcachedsoap/wsdl"
)

// Input is a field of the form that calls an operation. The script of the page makes an
// element of the request from each field that is not empty.
type Input struct {
	wsdl.Element

	// Kind says how a person writes the element: "text", "number", "boolean", "lines" for
	// a list of texts, one a line, or "xml" for what is inside the element.
	Kind  string
	Value string
	Child string // name of the elements of a list of texts
}

// inputs returns the fields for the children of a request.
func (t types) inputs(request []wsdl.Element) []Input {
	fields := make([]Input, len(request))
	for i, e := range request {
		fields[i] = t.input(e)
	}
	return fields
}

func (t types) input(e wsdl.Element) Input {
	field := Input{Element: e, Kind: "text"}
	inside := t[e.Type].Elements
	switch {
	case len(inside) == 1 && inside[0].Repeated && strings.HasPrefix(inside[0].Type, "xs:"):
		field.Kind, field.Child, field.Value = "lines", inside[0].Name, sampleText(inside[0])
	case len(inside) > 0:
		field.Kind, field.Value = "xml", t.samples("", inside)
	case e.Type == "xs:boolean":
		field.Kind, field.Value = "boolean", sampleText(e)
	case e.Type == "xs:int", e.Type == "xs:long":
		field.Kind, field.Value = "number", sampleText(e)
	default:
		field.Value = sampleText(e)
	}
	if omitted(e) {
		field.Value = ""
	}
	return field
}

// used returns the names of the types of elements and of what is inside them, in the
// order in which a reader meets them.
func (t types) used(lists ...[]wsdl.Element) []string {
	var names []string
	seen := make(map[string]bool)
	var visit func(list []wsdl.Element)
	visit = func(list []wsdl.Element) {
		for _, e := range list {
			inside, ok := t[e.Type]
			if !ok || seen[e.Type] {
				continue
			}
			seen[e.Type] = true
			names = append(names, e.Type)
			visit(inside.Elements)
		}
	}
	for _, list := range lists {
		visit(list)
	}
	return names
}
