package soap_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
	"memcachedsoap/soap/xmlwrite"
)

// greet is an operation whose request and response are a text.
var greet = soap.Operation[string, string]{
	Name:   soap.Name{Space: "urn:example", Local: "greet"},
	Action: "urn:example#greet",
	Decode: func(s *xmlscan.Scanner, _ soap.Request) (string, error) {
		name, err := s.Content()
		return string(name), err
	},
	Append: func(_ context.Context, dst []byte, greeting string) ([]byte, error) {
		dst = append(dst, `<greetResponse xmlns="urn:example">`...)
		dst, _ = xmlwrite.AppendText(dst, greeting)
		return append(dst, `</greetResponse>`...), nil
	},
}

func Example() {
	d := soap.NewDispatcher(soap.Options{})
	soap.Handle(d, greet, func(_ context.Context, name string) (string, error) {
		if name == "" {
			return "", soap.ClientFault("Whom shall I greet?")
		}
		return "Hello, " + name, nil
	})
	server := httptest.NewServer(d)
	defer server.Close()

	message := `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><greet xmlns="urn:example">Ada</greet></Body></Envelope>`
	resp, err := http.Post(server.URL, "text/xml", strings.NewReader(message))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	fmt.Println(string(answer))
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><greetResponse xmlns="urn:example">Hello, Ada</greetResponse></soap:Body></soap:Envelope>
}
