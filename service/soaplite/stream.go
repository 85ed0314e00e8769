package soaplite

import (
	"cmp"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
)

// Stream writes an answer whose result is a Map, entry by entry: no more than one
// entry is in memory besides the answer.
type Stream struct {
	method soap.Name
	result string // name of its element
	writer writer
	begin  int // of the answer
	most   int // values of an entry
}

// Stream begins an answer of a method. It appends to dst, within the room, in which
// nil has no bounds. The Envelope of the answer needs [Encoding.Attributes].
func (e Encoding) Stream(dst []byte, room *soap.Room, method soap.Name) *Stream {
	s := &Stream{method: method, begin: len(dst), most: cmp.Or(e.MaxEntries, DefaultMaxEntries)}
	s.writer = writer{encoding: e, gensym: firstGensym - 1, dst: dst, room: room}
	w := &s.writer
	s.result = w.resultName()
	w.open(method)
	w.text("<")
	w.text(s.result)
	w.text(` xsi:type="apachens:Map">`)
	return s
}

// Attributes returns what [Response.Attributes] returns for an answer without classes.
func (e Encoding) Attributes() string { return e.attributes() }

// Add appends an entry. Each name must be added once. The error is that of
// [Encoding.Response], for the entry alone, or that of the room.
func (s *Stream) Add(name string, v perldata.Value) error {
	w := &s.writer
	w.visited, w.scalars, w.depth, w.left, w.letters = perldata.NewVisit(), nil, 0, s.most, maxAnswer
	if !w.take(0, len(name)) || !w.visit(v) {
		return exceeded(s.most)
	}
	w.item(&perldata.Entry{Name: name, Value: v})
	return w.err
}

// Len returns how many bytes the answer has so far.
func (s *Stream) Len() int { return len(s.writer.dst) - s.begin }

// End appends the end of the answer. The error is that of the room.
func (s *Stream) End() ([]byte, error) {
	w := &s.writer
	w.end(s.result)
	w.close(s.method)
	return w.dst, w.err
}
