package httpd

// faultType is the media type of a [fault].
const faultType = "text/xml; charset=utf-8"

// fault returns a fault of SOAP 1.1, like those of package soap, with the answer to a
// request whose message was not read. Whether the message is in SOAP 1.1 or 1.2 cannot
// be known then. All toolkits show the sentence or the HTTP status. The sentence has no
// characters that XML needs escaped.
func fault(code, sentence string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` +
		`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>` +
		`<faultcode>soap:` + code + `</faultcode><faultstring xml:lang="en">` + sentence +
		`</faultstring><detail></detail></soap:Fault></soap:Body></soap:Envelope>`)
}
