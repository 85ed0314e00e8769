package xmlscan_test

import (
	"fmt"

	"memcachedsoap/soap/xmlscan"
)

const namespace = "urn:example:session"

// readEntries reads what is inside the element of the last Start, up to and
// with its End.
func readEntries(s *xmlscan.Scanner, session map[string]string) error {
	for inside := s.Depth(); s.Depth() >= inside; {
		kind, err := s.Next()
		if err != nil {
			return err
		}
		switch {
		case kind != xmlscan.Start:
		case s.Is(namespace, "entry"):
			key, _ := s.Attr("", "key")
			value, err := s.Content()
			if err != nil {
				return err
			}
			session[string(key)] = string(value) // strings are copies
		default:
			if err := s.Skip(); err != nil {
				return err
			}
		}
	}
	return nil
}

func Example() {
	doc := []byte(`<?xml version="1.0"?>
		<session xmlns="urn:example:session">
			<entry key="uid">dwho</entry>
			<note>not <b>for</b> us</note>
			<entry key="cn">Doctor &lt;Who&gt;</entry>
		</session>`)

	var s xmlscan.Scanner // keep it for the next document
	s.Reset(doc, xmlscan.Limits{})
	if kind, err := s.Next(); kind != xmlscan.Start {
		fmt.Println(err)
		return
	}
	session := make(map[string]string)
	if err := readEntries(&s, session); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.Next(); err != nil { // nothing may follow
		fmt.Println(err)
		return
	}
	fmt.Println(session)
	// Output: map[cn:Doctor <Who> uid:dwho]
}
