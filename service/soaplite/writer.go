package soaplite

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlwrite"
)

// firstGensym is the number in the name of a result, s-gensym3, as in a new process
// of SOAP::Lite.
const firstGensym = 3

// writer appends an answer to dst.
type writer struct {
	dst      []byte
	encoding Encoding
	gensym   int // number of the last generated name

	visited perldata.Visit               // of survey
	scalars map[*perldata.Scalar]*uint32 // the same for scalars
	nodes   map[any]*node                // in several places
	shared  []*node                      // the same in the order of their ids
	objects bool                         // a value has a class that is written
	depth   int
	left    int // how many more values the answer may have
	letters int // how many more bytes its strings may have

	room *soap.Room // of the answer; nil has no bounds
	err  error      // of the room; nothing is written after it
}

// markup is how many bytes the tags of a value take at most, besides its name.
const markup = 400

// fits makes room for a value: for its markup, with its name in two tags, and for a
// string.
func (w *writer) fits(name, s string) bool {
	if w.err == nil {
		w.dst, w.err = w.room.Grow(w.dst, markup+2*len(name)+xmlwrite.Longest(s))
	}
	return w.err == nil
}

func (w *writer) text(s string) { w.dst = append(w.dst, s...) }

// generated returns a new name for an element.
func (w *writer) generated() string {
	w.gensym++
	if w.gensym == firstGensym {
		return "s-gensym3"
	}
	return "s-gensym" + strconv.Itoa(w.gensym)
}

// unnamed returns the name of the element of a value that has none: its class, or a
// new name.
func (w *writer) unnamed(v perldata.Value) string {
	if class := w.classOf(v); class != "" {
		return class
	}
	return w.generated()
}

// place writes a value in one of its places: in full, or as a reference.
func (w *writer) place(name string, v perldata.Value) {
	v = w.content(v)
	if !w.fits(name, v.Str()) {
		return
	}
	attribute := ""
	if n := w.node(v); n != nil {
		reference := n.reference()
		if !n.recursive || n.written {
			w.start(name, ` href="#`+reference+`"`, v)
			w.text(" />")
			return
		}
		n.written = true
		attribute = ` id="` + reference + `"`
	}
	w.element(name, attribute, v)
}

func (w *writer) node(v perldata.Value) *node {
	if len(w.shared) == 0 {
		return nil
	}
	return w.nodes[identity(v)]
}

func (n *node) reference() string { return "ref-" + strconv.Itoa(n.id) }

// independent writes a value to which several places refer, as a child of the Body.
func (w *writer) independent(n *node) {
	if n.recursive {
		return // it is written in one of its places
	}
	name := "soapenc:Array"
	if n.value.Kind() != perldata.KindList || w.classOf(n.value) != "" {
		name = w.unnamed(n.value)
	}
	attribute := ` id="` + n.reference() + `"`
	if w.encoding.Version == soap.V12 {
		attribute += ` soap:encodingStyle="` + encoding12 + `"`
	}
	w.element(name, attribute, n.value)
}

// element writes a value in full.
func (w *writer) element(name, attribute string, v perldata.Value) {
	switch v.Kind() {
	case perldata.KindUndef:
		w.start(name, attribute, v)
		w.text(" />")
		return
	case perldata.KindHash:
		w.hash(name, attribute, v)
		return
	case perldata.KindList:
		w.start(name, attribute, v)
		if len(v.List().Items) == 0 {
			w.text(" />")
			return
		}
		w.text(">")
		for _, item := range v.List().Items {
			w.place("item", item)
		}
	case perldata.KindRef:
		w.start(name, attribute, v)
		w.text(">")
		w.place(w.unnamed(v.Ref()), v.Ref())
	case perldata.KindBytes, perldata.KindText, perldata.KindInt, perldata.KindFloat:
		w.scalar(name, w.encoding.scalarType(v), Text(v))
		return
	}
	w.end(name)
}

func (w *writer) end(name string) {
	w.text("</")
	w.text(name)
	w.text(">")
}

// start writes a start tag without its closing bracket, which depends on what
// follows. The attributes are those that SOAP::Lite also writes in a reference.
func (w *writer) start(name, attribute string, v perldata.Value) {
	w.text("<")
	w.text(name)
	w.text(attribute)
	class := w.classOf(v)
	switch v.Kind() { //nolint:exhaustive // others are written without a type
	case perldata.KindUndef:
		if w.encoding.Schema == Schema1999 {
			w.text(` xsi:null="1"`)
		} else {
			w.text(` xsi:nil="true"`)
		}
	case perldata.KindHash:
		if w.encoding.isMap(v.Hash()) {
			w.text(` xsi:type="apachens:Map"`)
		}
	case perldata.KindList:
		items := v.List().Items
		common := w.commonType(items)
		w.text(` soapenc:arrayType="`)
		w.text(common)
		w.text("[")
		w.dst = strconv.AppendInt(w.dst, int64(len(items)), 10)
		w.text("]\"")
		if w.encoding.Version == soap.V12 {
			// The attributes of SOAP 1.2 (part 2 section 3.3).
			w.text(` soapenc:itemType="`)
			w.text(common)
			w.text(`" soapenc:arraySize="`)
			w.dst = strconv.AppendInt(w.dst, int64(len(items)), 10)
			w.text("\"")
		}
		if class == "" {
			w.text(` xsi:type="soapenc:Array"`)
		}
	}
	if class != "" {
		w.text(` xsi:type="` + perlPrefix)
		w.text(class)
		w.text("\"")
	}
}

// commonType returns the type of all items, or that of any value if they differ.
func (w *writer) commonType(items []perldata.Value) string {
	common := ""
	for i, item := range items {
		t := w.typeOf(item)
		if t == "" || i > 0 && t != common {
			common = ""
			break
		}
		common = t
	}
	switch {
	case common != "":
		return common
	case w.encoding.Schema == Schema1999:
		return "xsd:ur-type"
	default:
		return "xsd:anyType"
	}
}

// typeOf returns the type with which an item is written, or "".
func (w *writer) typeOf(v perldata.Value) string {
	v = w.content(v)
	if class := w.classOf(v); class != "" {
		return perlPrefix + class
	}
	switch v.Kind() {
	case perldata.KindList:
		return "soapenc:Array"
	case perldata.KindHash:
		if w.encoding.isMap(v.Hash()) {
			return "apachens:Map"
		}
		return ""
	case perldata.KindUndef, perldata.KindRef:
		return ""
	default:
		return w.encoding.qualified(w.encoding.scalarType(v))
	}
}

// qualified returns the name of a type with its prefix. XML Schema of 1999 does not
// have some of the types.
func (e Encoding) qualified(t Type) string {
	if e.Schema == Schema1999 {
		switch t {
		case Base64Binary:
			return "soapenc:base64"
		case GMonth, GDay, GYear, GMonthDay, GYearMonth, DateTime, Duration, AnyURI:
			return "xsd:string"
		default:
		}
	}
	return "xsd:" + t.String()
}

func (w *writer) hash(name, attribute string, v perldata.Value) {
	h := v.Hash()
	w.start(name, attribute, v)
	if h.Len() == 0 {
		w.text(" />")
		return
	}
	w.text(">")
	entries := h.Entries()
	order := make([]int32, len(entries))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(entries[a].Name, entries[b].Name) })
	if !w.encoding.isMap(h) {
		for _, i := range order {
			w.place(strings.TrimSuffix(entries[i].Name, "\n"), entries[i].Value)
		}
	} else {
		for _, i := range order {
			w.item(&entries[i])
		}
	}
	w.end(name)
}

// item writes an entry of a Map.
func (w *writer) item(e *perldata.Entry) {
	key := keyText(e)
	if !w.fits("", key) {
		return
	}
	w.text("<item>")
	t := TypeOf(key)
	if w.encoding.Lossless {
		t = losslessType(key, e.Form != perldata.KeyBytes)
	}
	w.scalar("key", t, key)
	w.place("value", e.Value)
	w.text("</item>")
}

// scalar writes a string of a type.
func (w *writer) scalar(name string, t Type, s string) {
	w.text("<")
	w.text(name)
	w.text(` xsi:type="`)
	w.text(w.encoding.qualified(t))
	if s == "" {
		w.text(`" />`)
		return
	}
	w.text(`">`)
	switch t {
	case Base64Binary:
		w.dst = base64.StdEncoding.AppendEncode(w.dst, []byte(s))
	case Boolean:
		// SOAP::Lite writes true for a "False".
		w.dst = strconv.AppendBool(w.dst, s[0]|0x20 == 't')
	default:
		w.dst, _ = xmlwrite.AppendText(w.dst, s) // its type says that XML allows it
	}
	w.end(name)
}

// Text returns the string to which Perl converts a scalar: the bytes of a string,
// the digits of a number, "" for undef. It returns "" for other values.
func Text(v perldata.Value) string {
	switch v.Kind() {
	case perldata.KindBytes, perldata.KindText:
		return v.Str()
	case perldata.KindInt:
		return strconv.FormatInt(v.Int(), 10)
	case perldata.KindFloat:
		return string(perldata.AppendFloat(nil, v.Float()))
	default:
		return ""
	}
}
