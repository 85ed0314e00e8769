package main

import (
	"fmt"
	"unicode/utf8"

	"memcachedsoap/service/document"
)

// nameOf returns the name of an attribute as the contract writes it, with which get
// prints it: in base64 if XML cannot represent it. The text may already have that
// form.
func nameOf(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("the name %q is not UTF-8", text)
	}
	name, ok := document.DecodeKey(text)
	if !ok {
		return "", fmt.Errorf("the name %q begins with base64: and the rest is no base64", text)
	}
	return document.EncodeKey(name), nil
}
