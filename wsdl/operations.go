package wsdl

import "encoding/xml"

// Description is what the contract says about an operation, for people.
type Description struct {
	Name string `xml:"name,attr"`
	Text string `xml:"documentation"`
}

// Descriptions returns the operations of the contract in its order.
func Descriptions() []Description {
	var contract struct {
		Operations []Description `xml:"portType>operation"`
	}
	_ = xml.Unmarshal([]byte(document), &contract) // a test reads every operation
	return contract.Operations
}
