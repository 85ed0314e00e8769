package wsdltest

import (
	"encoding/xml"
	"strings"
	"testing"

	"memcachedsoap/wsdl"
)

// Operation is one operation of the port type. Input, Output and Faults are the
// qualified names of the elements in its messages: the child of Body, or of the
// detail of a fault.
type Operation struct {
	Name   string
	Action string // soapAction of the binding
	Input  xml.Name
	Output xml.Name
	Faults []xml.Name
}

// Operations returns the operations of the contract in the order of its port
// type.
func Operations(tb testing.TB) []Operation {
	tb.Helper()
	return Parse(tb).operations()
}

// Definitions is the part of a WSDL 1.1 document that tests examine. References
// are as written, with their prefix.
type Definitions struct {
	TargetNamespace string     `xml:"targetNamespace,attr"`
	Schemas         []Schema   `xml:"types>schema"`
	Messages        []Message  `xml:"message"`
	PortTypes       []PortType `xml:"portType"`
	Bindings        []Binding  `xml:"binding"`
	Services        []Service  `xml:"service"`
}

// Schema is an XML schema in the types section.
type Schema struct {
	TargetNamespace    string        `xml:"targetNamespace,attr"`
	ElementFormDefault string        `xml:"elementFormDefault,attr"`
	Types              []ComplexType `xml:"complexType"`
	Elements           []Element     `xml:"element"`
}

// ComplexType is a type, named or inside an element.
type ComplexType struct {
	Name     string    `xml:"name,attr"`
	Doc      string    `xml:"annotation>documentation"`
	Sequence *Sequence `xml:"sequence"`
}

// Sequence contains the elements of a complex type.
type Sequence struct {
	Elements []Element `xml:"element"`
}

// Element is the declaration of an element.
type Element struct {
	Name      string       `xml:"name,attr"`
	Type      string       `xml:"type,attr"`
	MinOccurs string       `xml:"minOccurs,attr"`
	MaxOccurs string       `xml:"maxOccurs,attr"`
	Nillable  bool         `xml:"nillable,attr"`
	Doc       string       `xml:"annotation>documentation"`
	Inline    *ComplexType `xml:"complexType"`
}

// Message is a message of an operation.
type Message struct {
	Name  string `xml:"name,attr"`
	Parts []Part `xml:"part"`
}

// Part is one part of a message.
type Part struct {
	Name    string `xml:"name,attr"`
	Element string `xml:"element,attr"`
	Type    string `xml:"type,attr"`
}

// PortType is a set of operations.
type PortType struct {
	Name       string `xml:"name,attr"`
	Operations []struct {
		Name   string     `xml:"name,attr"`
		Doc    string     `xml:"documentation"`
		Input  InOut      `xml:"input"`
		Output InOut      `xml:"output"`
		Faults []FaultRef `xml:"fault"`
	} `xml:"operation"`
}

// InOut refers to the message of a request or a response.
type InOut struct {
	Message string `xml:"message,attr"`
	Action  string `xml:"http://www.w3.org/2006/05/addressing/wsdl Action,attr"`
}

// FaultRef refers to the message of a fault.
type FaultRef struct {
	Name    string `xml:"name,attr"`
	Message string `xml:"message,attr"`
}

// Binding describes how the operations of a port type are sent.
type Binding struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
	SOAP struct {
		Style     string `xml:"style,attr"`
		Transport string `xml:"transport,attr"`
	} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ binding"`
	Operations []BindingOperation `xml:"operation"`
}

// BindingOperation describes how one operation is sent.
type BindingOperation struct {
	Name string `xml:"name,attr"`
	SOAP struct {
		Action string `xml:"soapAction,attr"`
		Style  string `xml:"style,attr"`
	} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ operation"`
	Input  Body `xml:"input>body"`
	Output Body `xml:"output>body"`
	Faults []struct {
		Name string `xml:"name,attr"`
		SOAP Body   `xml:"fault"`
	} `xml:"fault"`
}

// Body is soap:body or soap:fault.
type Body struct {
	Name          string `xml:"name,attr"`
	Use           string `xml:"use,attr"`
	Namespace     string `xml:"namespace,attr"`
	EncodingStyle string `xml:"encodingStyle,attr"`
}

// Service lists the addresses of the service.
type Service struct {
	Name  string `xml:"name,attr"`
	Ports []struct {
		Name    string `xml:"name,attr"`
		Binding string `xml:"binding,attr"`
		Address struct {
			Location string `xml:"location,attr"`
		} `xml:"http://schemas.xmlsoap.org/wsdl/soap/ address"`
	} `xml:"port"`
}

// Parse parses the contract.
func Parse(tb testing.TB) Definitions {
	tb.Helper()
	var d Definitions
	if err := xml.Unmarshal([]byte(wsdl.Document()), &d); err != nil {
		tb.Fatalf("wsdltest: session.wsdl: %v", err)
	}
	return d
}

func (d Definitions) operations() []Operation {
	actions := map[string]string{}
	for _, b := range d.Bindings {
		for _, op := range b.Operations {
			actions[op.Name] = op.SOAP.Action
		}
	}
	var ops []Operation
	for _, p := range d.PortTypes {
		for _, o := range p.Operations {
			op := Operation{
				Name:   o.Name,
				Action: actions[o.Name],
				Input:  d.element(o.Input.Message),
				Output: d.element(o.Output.Message),
			}
			for _, f := range o.Faults {
				op.Faults = append(op.Faults, d.element(f.Message))
			}
			ops = append(ops, op)
		}
	}
	return ops
}

// element returns the element of the single part of a message, or the zero Name.
func (d Definitions) element(message string) xml.Name {
	for _, m := range d.Messages {
		if m.Name == Local(message) && len(m.Parts) == 1 {
			return xml.Name{Space: d.TargetNamespace, Local: Local(m.Parts[0].Element)}
		}
	}
	return xml.Name{}
}

// Local returns a qualified name without its prefix.
func Local(name string) string {
	_, local, found := strings.Cut(name, ":")
	if !found {
		return name
	}
	return local
}
