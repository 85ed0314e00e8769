package wsdl_test

import (
	"bytes"
	"fmt"

	"memcachedsoap/wsdl"
)

func ExampleWithAddress() {
	document := wsdl.WithAddress("https://sso.example.com/soap?site=1&lang=en")
	for line := range bytes.Lines(document) {
		if bytes.Contains(line, []byte("soap:address")) {
			fmt.Println(string(bytes.TrimSpace(line)))
		}
	}
	// Output: <soap:address location="https://sso.example.com/soap?site=1&amp;lang=en"/>
}

func ExampleAction() {
	fmt.Println(wsdl.Action("getSession"))
	// Output: urn:memcached-soap:session:v1#getSession
}
