package perlcgi

import (
	"context"
	"errors"
	"strings"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

// Namespace is the namespace that the scripts of Apache::Session::Memorycached use.
// Other namespaces with the same path mean the same, see [Register].
const Namespace = "urn:" + class

// class is the Perl class to which SOAP::Lite maps the namespace.
const class = "MemcachedSOAPClass"

// Options are the settings of the dialect.
type Options struct {
	// MaxEntries is the greatest number of values of a message, at all depths
	// together; 0 means [soaplite.DefaultMaxEntries].
	MaxEntries int
	// Reserve is called before an answer takes n bytes more of memory, or fewer if n
	// is negative. nil means no bounds.
	Reserve func(ctx context.Context, n int64) error
	// CreateOnGet makes getSession without an id create a session, as the CGI does.
	// Otherwise it is a Client fault.
	CreateOnGet bool
}

// Register registers the operations, in [Namespace] and in every other
// namespace that SOAP::Lite maps to the same class.
func Register(d *soap.Dispatcher, s *service.Service, o Options) {
	sessions := sessions{Service: s, createOnGet: o.CreateOnGet}
	register(d, o, "status", func(ctx context.Context, _ []perldata.Value) (perldata.Value, error) {
		status, err := s.Status(ctx)
		return perldata.BytesOf(status), err
	})
	register(d, o, "getSession", sessions.get)
	register(d, o, "setSession", sessions.set)
	register(d, o, "renameSession", sessions.rename)
	d.Alias(canonical)
	d.Independent(soaplite.IsIndependent, soaplite.ReadIndependent(o.MaxEntries))
}

// canonical returns [Namespace] for a namespace whose path is the class
// (SOAP::Server::find_target of SOAP::Lite 1.27), else "".
func canonical(space string) string {
	path, _, _ := strings.Cut(space, "#")
	path, _, _ = strings.Cut(path, "?")
	if scheme, rest, found := strings.Cut(path, ":"); found && !strings.Contains(scheme, "/") {
		path = rest
	}
	if rest, hierarchical := strings.CutPrefix(path, "//"); hierarchical {
		_, path, _ = strings.Cut(rest, "/")
	}
	if strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/") != class {
		return ""
	}
	return Namespace
}

// method runs a call with its parameters.
type method func(context.Context, []perldata.Value) (perldata.Value, error)

// call is a message that was read; its parameters are not built yet.
type call struct {
	*soaplite.Reader

	request soap.Request
}

func register(d *soap.Dispatcher, o Options, name string, do method) {
	soap.Handle(d, soap.Operation[*call, *soaplite.Response]{
		Name: soap.Name{Space: Namespace, Local: name}, Action: Namespace + "#" + name,
		BareEnvelope: true, // a client sends it if soapversion('1.2') is called after new
		Decode: func(s *xmlscan.Scanner, r soap.Request) (*call, error) {
			c := &call{Reader: soaplite.ReaderOf(r, o.MaxEntries), request: r}
			return c, c.Call(s)
		},
		More:       func(s *xmlscan.Scanner, c *call) error { return c.More(s) },
		Attributes: (*soaplite.Response).Attributes,
		Append: func(ctx context.Context, dst []byte, r *soaplite.Response) ([]byte, error) {
			room := soap.NewRoom(ctx, o.Reserve)
			return r.Append(dst, &room)
		},
	}, func(ctx context.Context, c *call) (*soaplite.Response, error) {
		if err := service.EnterDialect(ctx, access.PerlDialect); err != nil {
			return nil, fault(err)
		}
		if err := check(c.request); err != nil {
			return nil, err
		}
		parameters, err := c.Values()
		if err != nil {
			return nil, err
		}
		result, err := do(ctx, parameters)
		if err != nil {
			return nil, fault(err)
		}
		return answer(soaplite.Encoding{Version: c.request.Version, Schema: c.Schema(), MaxEntries: o.MaxEntries}, c.request.Name, result)
	})
}

// answer returns the answer of a method. An answer that exceeds a limit is that of
// getSession, with a session that this service cannot show.
func answer(e soaplite.Encoding, method soap.Name, result perldata.Value) (*soaplite.Response, error) {
	r, err := e.Response(method, result)
	if f, exceeds := errors.AsType[*soap.Fault](err); exceeds {
		f.Err = &sessionstore.UnreadableError{Reason: "it exceeds the limits of one answer"}
	}
	return r, err
}

// check rejects a SOAPAction that is not that of the method, as SOAP::Server does,
// and an unknown encoding.
func check(r soap.Request) error {
	if r.Action != "" && r.Action != r.Name.Space+"#"+r.Name.Local && r.Action != r.Name.Space+"/"+r.Name.Local {
		return soap.ClientFault("SOAPAction shall match 'uri#method' if present.")
	}
	if !soaplite.KnownStyle(r.EncodingStyle) {
		return soaplite.ErrStyle()
	}
	return nil
}

// fault returns the fault of an error in this dialect. It has no typed detail,
// because clients would look for data in it. An invalid id has the code of the CGI,
// Server.
func fault(err error) error {
	if err == nil {
		return nil
	}
	f := dialect.FaultOf(err)
	if f == nil {
		return err
	}
	f.Detail = nil
	if _, invalid := errors.AsType[*sessionstore.InvalidIDError](err); invalid {
		f.Code = soap.Server
	}
	return f
}
