// Package document is the dialect of the contract of package wsdl: document/literal
// messages in the namespace urn:memcached-soap:session:v1. It decodes requests
// directly into the arguments of package service and encodes its results directly,
// without a tree of structs between.
//
// It is lenient where toolkits differ and a message has only one meaning: children
// without a namespace (SOAP::Lite), by position (c-gensymN), in any order, with
// xsi:type, or with xsi:nil for an absent one. It rejects messages that could have
// two meanings: an unknown or repeated child, a child in another namespace, two
// kinds of value in one entry, two entries with the same key.
package document
