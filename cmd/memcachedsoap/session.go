package main

import (
	"context"
	"encoding/json"

	"memcachedsoap/wsdl"
)

type sessionCommand struct {
	Get    getCommand    `cmd:"" aliases:"show" help:"Print one or several sessions."`
	Set    setCommand    `cmd:"" help:"Store a whole session and print its id. An existing session is replaced."`
	Update updateCommand `cmd:"" help:"Set and remove attributes of an existing session, and keep the others."`
	Modify modifyCommand `cmd:"" help:"Like update, but the attributes to remove must exist."`
	Touch  touchCommand  `cmd:"" help:"Give a session a new TTL."`
	Rename renameCommand `cmd:"" help:"Give a session another id, as a login should, and print it. The old id is deleted."`
	Delete deleteCommand `cmd:"" help:"Delete a session, or some of its attributes."`
	Find   findCommand   `cmd:"" help:"Print the ids of the sessions of a user."`
	Logout logoutCommand `cmd:"" help:"Delete the sessions of a user, and print their ids."`
	Info   infoCommand   `cmd:"" help:"Print the statistics of the memcached servers of a service."`
}

type getCommand struct {
	IDs []string `arg:"" name:"id" help:"Ids of the sessions. With several ids, absent sessions are omitted."`
	callFlags
}

// Run prints one session, or those of several that exist.
func (c *getCommand) Run(ctx context.Context, std streams) error {
	return c.call(ctx, func(ctx context.Context, service client) error {
		if len(c.IDs) == 1 {
			s, err := service.getSession(ctx, c.IDs[0], true)
			if err != nil {
				return err
			}
			return c.print(std, s.document(), s.append(nil))
		}
		sessions, err := service.getSessions(ctx, c.IDs, true)
		if err != nil {
			return err
		}
		if len(sessions) == 0 {
			return &failure{code: exitNoSession, text: "no session found"}
		}
		return c.printSessions(std, sessions)
	})
}

// printSessions prints sessions, separated by an empty line, or as a JSON list.
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

// append appends the session as a table.
func (s *session) append(text []byte) []byte {
	text = append(refTable(s.ID, s.Version, s.ExpiresIn).append(text), '\n')
	attributes := hashRows(nil, "", s.Attributes)
	if len(attributes) == 0 {
		attributes = table{{"(no attributes)"}}
	}
	return attributes.append(text)
}

type touchCommand struct {
	ID  string `arg:"" help:"Id of the session."`
	TTL int32  `name:"ttl" placeholder:"SECONDS" help:"New TTL in seconds from now; --ttl=-1 is the longest that the service allows. Default: that of the service."`
	callFlags
}

// Run gives a session a new TTL.
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

type renameCommand struct {
	ID        string    `arg:"" help:"Id of the session."`
	NewID     *argument `arg:"" optional:"" name:"newid" help:"Its new id, of which there must be no session: otherwise the exit code is 5. Default: the service makes a new id."`
	IfVersion *argument `placeholder:"VERSION" help:"Do it only if the session still has this version, which get prints. Otherwise the exit code is 5."`
	callFlags
}

// Help is what the command's --help adds.
func (*renameCommand) Help() string {
	return "The attributes and the time left go over, with what other programs change in them meanwhile. " + exitCodesHelp()
}

// Run gives a session another id.
func (c *renameCommand) Run(ctx context.Context, std streams) error {
	request := &wsdl.RenameSession{Id: &c.ID}
	if c.NewID != nil {
		if *c.NewID == "" { // such as a variable of a script that is not set
			return usageError("the new id is empty: omit it and the service makes one")
		}
		request.NewId = new(string(*c.NewID))
	}
	version, err := versionOf(c.IfVersion)
	if err != nil {
		return err
	}
	if version != "" {
		request.IfVersion = &version
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.RenameSessionContext(ctx, request)
		if err != nil {
			return err
		}
		ref, err := result(response.RenameSessionResult, nil)
		if err != nil {
			return err
		}
		return c.printRef(std, ref)
	})
}

type deleteCommand struct {
	ID        string     `arg:"" help:"Id of the session."`
	Names     []argument `arg:"" optional:"" name:"name" help:"Attributes to remove. The session itself is kept."`
	IfVersion *argument  `placeholder:"VERSION" help:"Delete only if the session still has this version, which get prints. Otherwise the exit code is 5."`
	callFlags
}

// Help is what the command's --help adds.
func (*deleteCommand) Help() string {
	return "With names, every one of these attributes must exist, or nothing is changed. " + changeHelp()
}

// Run deletes a session, or some of its attributes. It fails if one of them does
// not exist.
func (c *deleteCommand) Run(ctx context.Context, std streams) error {
	version, err := versionOf(c.IfVersion)
	if err != nil {
		return err
	}
	if len(c.Names) > 0 {
		change := changeFlags{Remove: c.Names}
		request, err := change.request(c.ID)
		if err != nil {
			return err
		}
		request.IfVersion = version
		return c.modify(ctx, std, request)
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		request := &wsdl.DeleteSession{Id: &c.ID}
		if version != "" {
			request.IfVersion = &version
		}
		response, err := service.DeleteSessionContext(ctx, request)
		if err != nil {
			return err
		}
		if !response.DeleteSessionResult {
			return &failure{code: exitNoSession, text: "no session found"}
		}
		return c.print(std, map[string]bool{"deleted": true}, []byte("deleted\n"))
	})
}

// sessionDocument is a session as JSON. Without attributes it is the reference of
// a session that was changed.
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
	return table{{"id", displayable(id)}, {"version", displayable(version)}, {"expires", formatExpiry(expiresIn)}}
}

func (f *callFlags) printRef(std streams, ref *wsdl.SessionRef) error {
	return f.print(std, refDocument(ref.Id, ref.Version, ref.ExpiresIn), refTable(ref.Id, ref.Version, ref.ExpiresIn).append(nil))
}

// print writes the document as JSON with --json, else the text.
func (f *callFlags) print(std streams, document any, text []byte) error {
	return printResult(std, f.JSON, document, text)
}

// printResult writes a document as JSON, or else the text.
func printResult(std streams, asJSON bool, document any, text []byte) error {
	if !asJSON {
		_, err := std.Out.Write(text)
		return outputError(err)
	}
	out := json.NewEncoder(std.Out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return outputError(out.Encode(document))
}

// outputError returns the failure of a command that could not write its output.
func outputError(err error) error {
	if err == nil {
		return nil
	}
	return &failure{code: exitFailed, text: oneLine("cannot write the output: " + err.Error())}
}
