package contract

import (
	"encoding/xml"
	"strings"

	"memcachedsoap/wsdl"
)

// sampleText returns the sample of an element without children. The attributes of the
// sample session are those of the client pages.
func sampleText(e wsdl.Element) string {
	switch e.Name {
	case "id":
		return "c0ffee00c0ffee00c0ffee00c0ffee00"
	case "version", "currentVersion":
		return "dtV7dkGQBm4"
	case "key", "attribute":
		return "uid"
	case "value", "principal":
		return "dwho"
	case "name":
		return "curr_connections"
	case "address":
		return "cache1:11211"
	case "tier":
		return "principal"
	case "statusResult":
		return "...... MEMCACHED SOAP OK ......"
	case "updateOnly", "onlyNew":
		return "false" // so that the message stores the session, and does so again
	}
	switch e.Type {
	case "xs:boolean":
		return "true"
	case "xs:int", "xs:long":
		return "3600"
	}
	return ""
}

// omitted reports whether samples leave out an optional element: an attribute has only
// one kind of value, and conditions are for those who have read a version.
func omitted(e wsdl.Element) bool {
	switch e.Name {
	case "binary", "hash", "list", "undef", "ifVersion", "remove":
		return e.Optional
	}
	return false
}

// types are the complex types of the contract.
type types map[string]wsdl.Type

// envelope returns a message whose body has one element with a sample of each child.
func (t types) envelope(name string, children []wsdl.Element) string {
	return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/">` + "\n  <Body>\n" +
		parent("    ", name, ` xmlns="`+wsdl.Namespace+`"`, t.samples("      ", children)) +
		"  </Body>\n</Envelope>\n"
}

// samples returns a sample of each element that samples do not leave out.
func (t types) samples(indent string, list []wsdl.Element) string {
	var b strings.Builder
	for _, e := range list {
		switch {
		case omitted(e):
		case e.Type == "Entry": // one with a text and one with a list
			b.WriteString(t.sample(indent, e) + parent(indent, e.Name, "", listEntry(indent+"  ")))
		default:
			b.WriteString(t.sample(indent, e))
		}
	}
	return b.String()
}

// maxIndent ends the sample of a type that contains itself.
const maxIndent = 24

func (t types) sample(indent string, e wsdl.Element) string {
	if inside, ok := t[e.Type]; ok {
		if len(indent) > maxIndent {
			return ""
		}
		return parent(indent, e.Name, "", t.samples(indent+"  ", inside.Elements))
	}
	return leaf(indent, e.Name, sampleText(e))
}

// listEntry returns the inside of an entry whose value is a list.
func listEntry(indent string) string {
	var items strings.Builder
	for _, role := range []string{"traveller", "doctor"} {
		items.WriteString(parent(indent+"  ", "item", "", leaf(indent+"    ", "value", role)))
	}
	return leaf(indent, "key", "roles") + parent(indent, "list", "", items.String())
}

func parent(indent, name, attributes, children string) string {
	if children == "" {
		return indent + "<" + name + attributes + "/>\n"
	}
	return indent + "<" + name + attributes + ">\n" + children + indent + "</" + name + ">\n"
}

func leaf(indent, name, text string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text)) // a builder takes everything
	return indent + "<" + name + ">" + escaped.String() + "</" + name + ">\n"
}
