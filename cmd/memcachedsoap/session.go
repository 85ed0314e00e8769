package main

import (
	"context"
	"encoding/json"

	"memcachedsoap/wsdl"
)

type sessionCommand struct {
	Get    getCommand    `cmd:"" aliases:"show" help:"Print sessions."`
	Set    setCommand    `cmd:"" help:"Store a whole session and print its id. One that the id names is replaced."`
	Update updateCommand `cmd:"" help:"Set and remove attributes of a session that is there, and leave the others."`
	Modify modifyCommand `cmd:"" help:"Like update, but what is to be removed must be there."`
	Touch  touchCommand  `cmd:"" help:"Give a session a new time to live."`
	Delete deleteCommand `cmd:"" help:"Delete a session, or only attributes of it."`
	Find   findCommand   `cmd:"" help:"Print the ids of the sessions of a user."`
	Logout logoutCommand `cmd:"" help:"Delete the sessions of a user, and print their ids."`
	Info   infoCommand   `cmd:"" help:"Print what the memcached servers of a service say of themselves."`
}

type getCommand struct {
	IDs []string `arg:"" name:"id" help:"The session's id. Of several, those that are not there are left out."`
	callFlags
}

// Run prints a session, or those of several that are there.
func (c *getCommand) Run(ctx context.Context, std streams) error {
	return c.call(ctx, func(ctx context.Context, service client) error {
		if len(c.IDs) == 1 {
			s, err := service.getSession(ctx, c.IDs[0])
			if err != nil {
				return err
			}
			return c.print(std, s.document(), s.append(nil))
		}
		sessions, err := service.getSessions(ctx, c.IDs)
		if err != nil {
			return err
		}
		if len(sessions) == 0 {
			return &failure{code: exitNoSession, text: "there are no such sessions"}
		}
		return c.printSessions(std, sessions)
	})
}

// printSessions prints sessions with an empty line between, or as a list.
func (c *getCommand) printSessions(std streams, sessions []session) error {
	var text []byte
	documents := make([]*sessionDocument, len(sessions))
	for i, s := range sessions {
		if i > 0 {
			text = append(text, '\n')
		}
		text = s.append(text)
		documents[i] = s.document()
	}
	return c.print(std, map[string][]*sessionDocument{"sessions": documents}, text)
}

func (s *session) document() *sessionDocument {
	document := refDocument(s.ID, s.Version, s.ExpiresIn)
	document.Attributes = &s.Attributes
	return document
}

// append appends the session as text for people.
func (s *session) append(text []byte) []byte {
	text = append(refTable(s.ID, s.Version, s.ExpiresIn).append(text), '\n')
	attributes := hashRows(nil, "", s.Attributes)
	if len(attributes) == 0 {
		attributes = table{{"(no attributes)"}}
	}
	return attributes.append(text)
}

type touchCommand struct {
	ID  string `arg:"" help:"The session's id."`
	TTL int32  `name:"ttl" placeholder:"SECONDS" help:"Time to live from now: 0, or none given, is the default of the service; --ttl=-1 the longest it allows."`
	callFlags
}

// Run gives a session a new time to live.
func (c *touchCommand) Run(ctx context.Context, std streams) error {
	return c.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.TouchSessionContext(ctx, &wsdl.TouchSession{Id: &c.ID, Ttl: &c.TTL})
		if err != nil {
			return err
		}
		ref, err := result(response.TouchSessionResult, nil)
		if err != nil {
			return err
		}
		return c.printRef(std, ref)
	})
}

type deleteCommand struct {
	ID    string     `arg:"" help:"The session's id."`
	Names []argument `arg:"" optional:"" name:"name" help:"Attributes to remove from the session, which stays."`
	callFlags
}

// Help is what the command's --help adds.
func (*deleteCommand) Help() string { return "With names, all of which must be there: " + changeHelp() }

// Run deletes a session, or attributes of it; that there was none is a
// failure.
func (c *deleteCommand) Run(ctx context.Context, std streams) error {
	if len(c.Names) > 0 {
		change := changeFlags{Remove: c.Names}
		request, err := change.request(c.ID)
		if err != nil {
			return err
		}
		return c.modify(ctx, std, request)
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.DeleteSessionContext(ctx, &wsdl.DeleteSession{Id: &c.ID})
		if err != nil {
			return err
		}
		if !response.DeleteSessionResult {
			return &failure{code: exitNoSession, text: "there is no such session"}
		}
		return c.print(std, map[string]bool{"deleted": true}, []byte("deleted\n"))
	})
}

// sessionDocument is a session, or what became of one, as JSON.
type sessionDocument struct {
	ID         plainString `json:"id"`
	Version    plainString `json:"version"`
	ExpiresIn  *int32      `json:"expiresIn"` // seconds; null: never
	Attributes *hash       `json:"attributes,omitempty"`
}

func refDocument(id, version string, expiresIn int32) *sessionDocument {
	d := &sessionDocument{ID: plainString(id), Version: plainString(version)}
	if expiresIn != 0 {
		d.ExpiresIn = &expiresIn
	}
	return d
}

func refTable(id, version string, expiresIn int32) table {
	return table{{"id", shown(id)}, {"version", shown(version)}, {"expires", remaining(expiresIn)}}
}

func (f *callFlags) printRef(std streams, ref *wsdl.SessionRef) error {
	return f.print(std, refDocument(ref.Id, ref.Version, ref.ExpiresIn), refTable(ref.Id, ref.Version, ref.ExpiresIn).append(nil))
}

// print writes the document as JSON if that is wanted, else the text.
func (f *callFlags) print(std streams, document any, text []byte) error {
	if !f.JSON {
		_, err := std.Out.Write(text)
		return outputError(err)
	}
	out := json.NewEncoder(std.Out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return outputError(out.Encode(document))
}

// outputError is the failure of a command whose reader has gone away.
func outputError(err error) error {
	if err == nil {
		return nil
	}
	return &failure{code: exitFailed, text: oneLine("the answer cannot be printed: " + err.Error())}
}
