package wsdl

import (
	"encoding/xml"
	"strings"
)

// Operation is what the contract says about an operation, for people.
type Operation struct {
	Name, Text string
	Request    []Element // children of the element in the request
	Response   []Element // children of the element in the response
	Faults     []Fault
}

// Fault is a typed fault of an operation.
type Fault struct {
	Name, Text string    // the name is that of the element in the detail
	Fields     []Element // its children
}

// Element is an element of a message.
type Element struct {
	Name, Text string
	Type       string // a name of [Types], or a type of XML Schema with the prefix xs
	Optional   bool
	Repeated   bool
	Nillable   bool
}

// definitions is the part of the document that is for people.
type definitions struct {
	Types    []complexType `xml:"types>schema>complexType"`
	Elements []element     `xml:"types>schema>element"`
	PortType []struct {
		Name   string `xml:"name,attr"`
		Text   string `xml:"documentation"`
		Faults []struct {
			Name string `xml:"name,attr"`
		} `xml:"fault"`
	} `xml:"portType>operation"`
}

type complexType struct {
	Name     string    `xml:"name,attr"`
	Text     string    `xml:"annotation>documentation"`
	Elements []element `xml:"sequence>element"`
}

type element struct {
	Name      string      `xml:"name,attr"`
	Text      string      `xml:"annotation>documentation"`
	Type      string      `xml:"type,attr"`
	MinOccurs string      `xml:"minOccurs,attr"`
	MaxOccurs string      `xml:"maxOccurs,attr"`
	Nillable  bool        `xml:"nillable,attr"`
	Inline    complexType `xml:"complexType"`
}

func parse() definitions {
	var d definitions
	_ = xml.Unmarshal([]byte(document), &d) // a test reads every operation
	return d
}

// Operations returns the operations of the contract in its order.
func Operations() []Operation {
	d := parse()
	types, messages := d.types(), make(map[string][]Element)
	for _, e := range d.Elements {
		messages[e.Name] = elements(e.Inline.Elements)
	}
	operations := make([]Operation, len(d.PortType))
	for i, o := range d.PortType {
		operations[i] = Operation{Name: o.Name, Text: o.Text, Request: messages[o.Name], Response: messages[o.Name+"Response"]}
		for _, f := range o.Faults {
			name := f.Name + "Fault"
			operations[i].Faults = append(operations[i].Faults, Fault{Name: name, Text: types[name].Text, Fields: types[name].Elements})
		}
	}
	return operations
}

// Type is a complex type of the contract.
type Type struct {
	Text     string
	Elements []Element
}

// Types returns the complex types of the contract by their names.
func Types() map[string]Type { return parse().types() }

func (d definitions) types() map[string]Type {
	types := make(map[string]Type)
	for _, t := range d.Types {
		types[t.Name] = Type{Text: oneLine(t.Text), Elements: elements(t.Elements)}
	}
	return types
}

func elements(list []element) []Element {
	found := make([]Element, len(list))
	for i, e := range list {
		found[i] = Element{
			Name: e.Name, Text: oneLine(e.Text), Type: strings.TrimPrefix(e.Type, "tns:"),
			Optional: e.MinOccurs == "0", Repeated: e.MaxOccurs == "unbounded", Nillable: e.Nillable,
		}
	}
	return found
}

// oneLine returns a text of the document without its line ends.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
