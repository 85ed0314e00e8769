//go:build sessionclient

package main

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"

	"github.com/hooklift/gowsdl/soap"
)

const namespace = "urn:memcached-soap:session:v1"

// Sessions calls the service. Port is the generated client. It is good for
// operations that carry no values. Its type Entry leaves out an empty text, which
// the service then stores as undef, and does not encode bytes as base64. Messages
// with values therefore use the types in this file.
type Sessions struct {
	Port SessionPortType
	soap *soap.Client
}

// NewSessions returns a client of the service at an endpoint. The options can have
// credentials and the settings of TLS.
func NewSessions(endpoint string, options ...soap.Option) *Sessions {
	client := soap.NewClient(endpoint, options...)
	return &Sessions{NewSessionPortType(client), client}
}

// Secure sends a UsernameToken of WS-Security with each message.
func (s *Sessions) Secure(name, password string) {
	s.soap.SetHeaders(soap.NewWSSSecurityHeader(name, password, "", "1"))
}

// ReadSession is a session with plain Go values: string, []byte, nil, []any and
// map[string]any.
type ReadSession struct {
	ID         string
	Version    string
	Attributes map[string]any
}

// Get reads a session.
func (s *Sessions) Get(ctx context.Context, id string) (*ReadSession, error) {
	var response struct {
		XMLName xml.Name `xml:"urn:memcached-soap:session:v1 getSessionResponse"`
		Result  struct {
			ID      string  `xml:"id"`
			Version string  `xml:"version"`
			Entries []entry `xml:"attributes>entry"`
		} `xml:"getSessionResult"`
	}
	if err := s.soap.CallContext(ctx, namespace+"#getSession", &GetSession{Id: &id}, &response); err != nil {
		return nil, err
	}
	r := response.Result
	attributes, err := hashOf(r.Entries)
	return &ReadSession{r.ID, r.Version, attributes}, err
}

// GetMany reads several sessions and leaves out absent ones.
func (s *Sessions) GetMany(ctx context.Context, ids ...string) ([]*Session, error) {
	response, err := s.Port.GetSessionsContext(ctx, &GetSessions{Ids: &IdList{Id: ids}})
	if err != nil {
		return nil, err
	}
	return response.GetSessionsResult.Session, nil
}

// Set stores a whole session. Without an id the service creates one. With
// ifVersion the service stores the session only if it still has that version.
func (s *Sessions) Set(ctx context.Context, id string, attributes map[string]any, ttl int, ifVersion string) (*SessionRef, error) {
	request := struct {
		XMLName    xml.Name `xml:"urn:memcached-soap:session:v1 setSession"`
		ID         string   `xml:"id,omitempty"`
		Attributes hash     `xml:"attributes"`
		TTL        int      `xml:"ttl"`
		IfVersion  string   `xml:"ifVersion,omitempty"`
	}{ID: id, Attributes: hash{entriesOf(attributes)}, TTL: ttl, IfVersion: ifVersion}
	var response SetSessionResponse
	err := s.soap.CallContext(ctx, namespace+"#setSession", &request, &response)
	return response.SetSessionResult, err
}

// Update changes some attributes. With ifVersion the service changes them only if
// the session still has that version.
func (s *Sessions) Update(ctx context.Context, id string, set map[string]any, ifVersion string) (*SessionRef, error) {
	request := struct {
		XMLName   xml.Name `xml:"urn:memcached-soap:session:v1 updateSession"`
		ID        string   `xml:"id"`
		Set       hash     `xml:"set"`
		IfVersion string   `xml:"ifVersion,omitempty"`
	}{ID: id, Set: hash{entriesOf(set)}, IfVersion: ifVersion}
	var response UpdateSessionResponse
	err := s.soap.CallContext(ctx, namespace+"#updateSession", &request, &response)
	return response.UpdateSessionResult, err
}

// entry is the type Entry of the contract. Without a key it is the type Item.
type entry struct {
	Key    string  `xml:"key,omitempty"`
	Value  *string `xml:"value"`
	Binary *string `xml:"binary"`
	Hash   *hash   `xml:"hash"`
	List   *list   `xml:"list"`
	Undef  bool    `xml:"undef,omitempty"`
}

type hash struct {
	Entries []entry `xml:"entry"`
}

type list struct {
	Items []entry `xml:"item"`
}

func entriesOf(m map[string]any) []entry {
	entries := make([]entry, 0, len(m))
	for key, value := range m {
		e := entryOf(value)
		e.Key = key
		entries = append(entries, e)
	}
	return entries
}

func entryOf(v any) entry {
	switch v := v.(type) {
	case string:
		return entry{Value: &v}
	case []byte:
		text := base64.StdEncoding.EncodeToString(v)
		return entry{Binary: &text}
	case map[string]any:
		return entry{Hash: &hash{entriesOf(v)}}
	case []any:
		items := make([]entry, len(v))
		for i, item := range v {
			items[i] = entryOf(item)
		}
		return entry{List: &list{items}}
	}
	return entry{Undef: true}
}

func hashOf(entries []entry) (map[string]any, error) {
	m := make(map[string]any, len(entries))
	var errs error
	for _, e := range entries {
		value, err := e.plain()
		m[e.Key], errs = value, errors.Join(errs, err)
	}
	return m, errs
}

// plain returns the Go value of an entry.
func (e entry) plain() (any, error) {
	switch {
	case e.Value != nil:
		return *e.Value, nil
	case e.Binary != nil:
		return base64.StdEncoding.DecodeString(*e.Binary)
	case e.Hash != nil:
		return hashOf(e.Hash.Entries)
	case e.List != nil:
		items := make([]any, len(e.List.Items))
		var errs error
		for i, item := range e.List.Items {
			value, err := item.plain()
			items[i], errs = value, errors.Join(errs, err)
		}
		return items, errs
	}
	return nil, nil
}

// Fault is a typed fault: the name of its element and its fields.
type Fault struct {
	Name   string
	Fields map[string]string
}

// FaultOf returns the typed fault in an error of a call, or nil. gowsdl v0.5.0
// returns the whole answer in an HTTPError.
func FaultOf(err error) *Fault {
	var http *soap.HTTPError
	if !errors.As(err, &http) {
		return nil
	}
	var envelope struct {
		Detail struct {
			Inner []node `xml:",any"`
		} `xml:"Body>Fault>detail"`
	}
	if xml.Unmarshal(http.ResponseBody, &envelope) != nil || len(envelope.Detail.Inner) == 0 {
		return nil
	}
	first := envelope.Detail.Inner[0]
	fault := &Fault{first.XMLName.Local, map[string]string{}}
	for _, field := range first.Children {
		fault.Fields[field.XMLName.Local] = field.Text
	}
	return fault
}

type node struct {
	XMLName  xml.Name
	Text     string `xml:",chardata"`
	Children []node `xml:",any"`
}
