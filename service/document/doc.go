// Package document speaks the contract of package wsdl: document/literal
// messages in the namespace urn:memcached-soap:session:v1. It decodes requests
// straight into the terms of package service and encodes its answers
// straight from them, without a tree of structs between.
//
// It is lenient where toolkits differ and nothing can be misunderstood:
// children without a namespace (SOAP::Lite), by position (c-gensymN), in any
// order, with xsi:type, or xsi:nil for absent. It refuses what could mean two
// things: an unknown or repeated child, a child in a foreign namespace, two
// kinds of value in one entry, a name that occurs twice.
package document
