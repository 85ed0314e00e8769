package xmlscan

import "cmp"

// The defaults of [Limits].
const (
	// DefaultDepth allows Perl data 256 levels deep. Each hash or list of a session
	// needs two elements (the entry and its container); the envelope and the
	// operation need fewer than twelve.
	DefaultDepth = 600
	// DefaultAttributes allows an envelope that declares as many namespaces as
	// DefaultNamespaces.
	DefaultAttributes = 64
	// DefaultNamespaces is enough for gSOAP, which declares in every message all
	// namespaces that its program knows. Other toolkits declare up to ten.
	DefaultNamespaces = 64
	// DefaultElements allows 50,000 entries, each with a key and a value.
	DefaultElements = 160_000
)

// Limits are the limits of one document. A field that is 0 means the default of
// its name.
type Limits struct {
	// Depth is the greatest number of elements that may be open at a time.
	Depth int
	// Attributes is the greatest number of attributes of one start tag, including
	// namespace declarations.
	Attributes int
	// Namespaces is the greatest number of namespace declarations that may be in
	// scope at a time. A declaration that changes nothing does not count.
	Namespaces int
	// Elements is the greatest number of elements of the document.
	Elements int
}

// MaxElements returns the greatest number of elements: Elements or its default.
func (l Limits) MaxElements() int { return cmp.Or(l.Elements, DefaultElements) }

func (l Limits) orDefault() Limits {
	return Limits{
		Depth:      cmp.Or(l.Depth, DefaultDepth),
		Attributes: cmp.Or(l.Attributes, DefaultAttributes),
		Namespaces: cmp.Or(l.Namespaces, DefaultNamespaces),
		Elements:   l.MaxElements(),
	}
}
