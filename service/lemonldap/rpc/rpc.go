package rpc

import (
	"context"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Namespace is the namespace of the operations.
const Namespace = "urn:Lemonldap/NG/Common/PSGI/SOAPService"

// Options are the settings of the dialect.
type Options struct {
	// MaxEntries is the greatest number of values of a message and of a session, at all
	// depths together; 0 means [soaplite.DefaultMaxEntries].
	MaxEntries int
	// Reserve is called before an answer takes n bytes more of memory, or fewer if n
	// is negative. nil means no bounds.
	Reserve func(ctx context.Context, n int64) error
}

// Register registers the operations.
func Register(d *soap.Dispatcher, s *service.Service, l *lemonldap.Sessions, o Options) {
	x := &dialect{service: s, sessions: l.Comparing(same), options: o}
	for name, do := range map[string]method{
		"newSession":                x.newSession,
		"getAttributes":             x.getAttributes,
		"setAttributes":             x.setAttributes,
		"deleteSession":             x.deleteSession,
		"getCipheredToken":          x.getCipheredToken,
		"get_key_from_all_sessions": x.getKeyFromAllSessions,
	} {
		x.register(d, name, do)
	}
	d.Independent(soaplite.IsIndependent, soaplite.ReadIndependent(o.MaxEntries))
}

// Operations returns the names of the operations.
func Operations() []string {
	return []string{"newSession", "getAttributes", "setAttributes", "deleteSession", "getCipheredToken", "get_key_from_all_sessions"}
}

// dialect has what the operations need.
type dialect struct {
	service  *service.Service
	sessions *lemonldap.Sessions
	options  Options
}

// method runs a call with its parameters.
type method func(context.Context, []perldata.Value) (result, error)

// result is what a method answers: a value, or a Map of all sessions.
type result struct {
	name  string // of the element
	value perldata.Value
	list  *list // instead of value
}

// call is a message that was read; its parameters are not built yet.
type call struct {
	*soaplite.Reader

	request soap.Request
}

// answer is an answer that can be written: one of the two.
type answer struct {
	response *soaplite.Response
	list     *list
}

func (x *dialect) register(d *soap.Dispatcher, name string, do method) {
	soap.Handle(d, soap.Operation[*call, answer]{
		Name: soap.Name{Space: Namespace, Local: name}, Action: Namespace + "#" + name,
		BareEnvelope: true, // a client sends it if soapversion('1.2') is called after new
		Decode: func(s *xmlscan.Scanner, r soap.Request) (*call, error) {
			c := &call{Reader: soaplite.ReaderOf(r, x.options.MaxEntries), request: r}
			c.Lossless = true
			return c, c.Call(s)
		},
		More:       func(s *xmlscan.Scanner, c *call) error { return c.More(s) },
		Attributes: answer.attributes,
		Append:     x.append,
	}, func(ctx context.Context, c *call) (answer, error) {
		a, err := x.run(ctx, c, do)
		return a, fault(err)
	})
}

func (x *dialect) run(ctx context.Context, c *call, do method) (answer, error) {
	if err := service.EnterDialect(ctx, access.LemonLDAPDialect); err != nil {
		return answer{}, err
	}
	if !soaplite.KnownStyle(c.request.EncodingStyle) {
		return answer{}, soaplite.ErrStyle()
	}
	parameters, err := c.Values()
	if err != nil {
		return answer{}, err
	}
	r, err := do(ctx, parameters)
	if err != nil {
		return answer{}, err
	}
	e := soaplite.Encoding{
		Version: c.request.Version, Schema: c.Schema(), MaxEntries: x.options.MaxEntries, Result: r.name, Lossless: true,
	}
	if r.list != nil {
		r.list.encoding, r.list.method = e, c.request.Name
		return answer{list: r.list}, nil
	}
	response, err := e.Response(c.request.Name, r.value)
	return answer{response: response}, unreadable(err)
}

func (a answer) attributes() string {
	if a.list != nil {
		return a.list.encoding.Attributes()
	}
	return a.response.Attributes()
}

func (x *dialect) append(ctx context.Context, dst []byte, a answer) ([]byte, error) {
	room := soap.NewRoom(ctx, x.options.Reserve)
	if a.list == nil {
		return a.response.Append(dst, &room)
	}
	dst, err := x.appendList(ctx, dst, &room, a.list)
	return dst, fault(err)
}
