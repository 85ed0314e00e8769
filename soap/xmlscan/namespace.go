package xmlscan

const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// binding is a prefix and its namespace.
type binding struct {
	prefix []byte // empty for the default namespace
	name   []byte // namespace name; empty if there is none
	// id is the index of the first binding in scope with the same name. The
	// scanner compares ids, because names may be long and are compared often.
	id int
}

// The indexes of the bindings that each document has. Without a declaration there
// is no default namespace.
const (
	noSpace = iota
	xmlBinding
	xmlnsBinding
	predefined // how many
)

func appendPredefined(b []binding) []binding {
	if cap(b) >= predefined {
		return b[:predefined] // they are present and never change
	}
	return append(b,
		binding{id: noSpace},
		binding{prefix: []byte("xml"), name: []byte(xmlSpace), id: xmlBinding},
		binding{prefix: []byte("xmlns"), name: []byte(xmlnsSpace), id: xmlnsBinding},
	)
}

// Namespace returns the namespace of a prefix at the last token, for qualified
// names in values and text. An End belongs to its element. The empty prefix is
// always known: it is the default namespace, which may be empty.
func (s *Scanner) Namespace(prefix []byte) ([]byte, bool) {
	i := s.lookup(prefix)
	if i < 0 {
		return nil, false
	}
	return s.bindings[i].name, true
}

// spaceOf is lookup for the prefix of an element. Most elements have the default
// namespace, which is looked up only once in its scope.
func (s *Scanner) spaceOf(prefix []byte) int {
	if len(prefix) > 0 {
		return s.lookup(prefix)
	}
	if s.unnamed < 0 {
		s.unnamed = s.lookup(nil)
	}
	return s.unnamed
}

// lookup returns the index of the binding of a prefix in scope, or -1.
func (s *Scanner) lookup(prefix []byte) int {
	i := len(s.bindings) - 1
	for i >= 0 && string(s.bindings[i].prefix) != string(prefix) {
		i--
	}
	return i
}

// declare brings a declaration into scope (Namespaces 1.0, 3). Offset i is that of
// the declaration.
func (s *Scanner) declare(i int, prefix, name []byte) error {
	switch {
	case string(prefix) == "xmlns":
		return s.refuse(i, "prefix xmlns declared")
	case (string(prefix) == "xml") != (string(name) == xmlSpace):
		return s.refuse(i, "prefix xml and its namespace belong together")
	case string(name) == xmlnsSpace:
		return s.refuse(i, "prefix bound to the namespace of xmlns")
	case len(prefix) > 0 && len(name) == 0:
		return s.refuse(i, "prefix "+quoted(prefix)+" bound to no namespace")
	}
	id := s.namespaceID(name)
	if old := s.lookup(prefix); old >= 0 && s.bindings[old].id == id {
		return nil
	}
	if len(s.bindings)-predefined >= s.limits.Namespaces {
		return &LimitError{What: "namespaces in scope", Limit: s.limits.Namespaces}
	}
	s.bindings = append(s.bindings, binding{prefix: prefix, name: name, id: id})
	s.unnamed = -1
	return nil
}

// namespaceID returns the id of a namespace for a new binding.
func (s *Scanner) namespaceID(name []byte) int {
	for i := range s.bindings {
		if string(s.bindings[i].name) == string(name) {
			return i
		}
	}
	return len(s.bindings)
}
