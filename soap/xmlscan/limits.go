package xmlscan

import "cmp"

// The limits that hold where a field of [Limits] is zero.
const (
	// DefaultDepth lets Perl data nest 256 deep: each hash or list in a session
	// takes two elements (the entry and its container), and the envelope with
	// the operation takes less than a dozen.
	DefaultDepth = 600
	// DefaultAttributes leaves room for an envelope that declares as many
	// namespaces as DefaultNamespaces allows.
	DefaultAttributes = 64
	// DefaultNamespaces leaves room for gSOAP, which declares in every message
	// each namespace its program knows; other toolkits declare up to ten.
	DefaultNamespaces = 64
	// DefaultElements is more than 4 MiB of one-letter session entries hold.
	DefaultElements = 500_000
)

// Limits bound what one document may ask for. A field that is zero stands for
// the default of its name.
type Limits struct {
	// Depth is how many elements may be open at once.
	Depth int
	// Attributes is how many attributes, namespace declarations included, one
	// start tag may have.
	Attributes int
	// Namespaces is how many namespace declarations may be in scope at once.
	// One that repeats what is in force already does not count.
	Namespaces int
	// Elements is how many elements the document may have.
	Elements int
}

func (l Limits) orDefault() Limits {
	return Limits{
		Depth:      cmp.Or(l.Depth, DefaultDepth),
		Attributes: cmp.Or(l.Attributes, DefaultAttributes),
		Namespaces: cmp.Or(l.Namespaces, DefaultNamespaces),
		Elements:   cmp.Or(l.Elements, DefaultElements),
	}
}
