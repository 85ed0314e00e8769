package main

import (
	"context"
	"slices"
)

// changeFlags say what to change of a session.
type changeFlags struct {
	Attributes []argument `arg:"" optional:"" name:"name=value" help:"Attributes to set, each once."`
	Remove     []argument `sep:"none" placeholder:"NAME" help:"An attribute to remove; may be given several times."`
}

func changeHelp() string {
	return `The service makes the change in one step, for the time that the session has left: what other programs do to other attributes meanwhile stays, and so does every value that is not named.

` + exitCodesHelp()
}

type updateCommand struct {
	ID string `arg:"" help:"The session's id."`
	changeFlags
	TTL       int32     `name:"ttl" placeholder:"SECONDS" help:"Time to live from now: 0, or none given, keeps the time that is left; --ttl=-1 is the longest that the service allows."`
	IfVersion *argument `placeholder:"VERSION" help:"Only if the session still has this version, as get prints it."`
	callFlags
}

// Help is what the command's --help adds.
func (*updateCommand) Help() string {
	return "An attribute to remove that the session does not have is passed over. " + changeHelp()
}

// Run changes attributes of a session.
func (c *updateCommand) Run(ctx context.Context, std streams) error {
	request, err := c.request(c.ID)
	if err != nil {
		return err
	}
	request.TTL = c.TTL
	if request.IfVersion, err = versionOf(c.IfVersion); err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		return c.update(ctx, std, service, request)
	})
}

type modifyCommand struct {
	ID string `arg:"" help:"The session's id."`
	changeFlags
	callFlags
}

// Help is what the command's --help adds.
func (*modifyCommand) Help() string {
	return "An attribute to remove must be there. " + changeHelp()
}

// Run changes attributes of a session.
func (c *modifyCommand) Run(ctx context.Context, std streams) error {
	request, err := c.request(c.ID)
	if err != nil {
		return err
	}
	return c.modify(ctx, std, request)
}

// request makes the request for a change of a session.
func (f *changeFlags) request(id string) (updateRequest, error) {
	set, err := assignments(f.Attributes)
	if err != nil {
		return updateRequest{}, err
	}
	if len(set) == 0 && len(f.Remove) == 0 {
		return updateRequest{}, wrongUsage("give attributes to set as NAME=VALUE, or to --remove")
	}
	for _, name := range f.Remove {
		if indexOf(set, string(name)) >= 0 {
			return updateRequest{}, wrongUsage("the attribute %q is to be set and removed", name)
		}
		if stringOf(string(name)).Text == nil {
			return updateRequest{}, wrongUsage("the name %q holds a character that XML cannot carry", name)
		}
	}
	return updateRequest{ID: id, Set: hash{Entries: set}, Remove: keyList{Keys: f.Remove}}, nil
}

// modify changes a session that has all attributes that are to be removed, and
// prints what became of it. It reads the session for that only: an attribute
// that goes in between is gone as it should be.
func (f *callFlags) modify(ctx context.Context, std streams, request updateRequest) error {
	return f.call(ctx, func(ctx context.Context, service client) error {
		if len(request.Remove.Keys) > 0 {
			s, err := service.getSession(ctx, request.ID)
			if err != nil {
				return err
			}
			for _, name := range request.Remove.Keys {
				i := indexOf(s.Attributes.Entries, string(name))
				if i < 0 {
					return &failure{code: exitFailed, text: oneLine("the session has no attribute " + shown(string(name)) + "; nothing was changed")}
				}
				s.Attributes.Entries = slices.Delete(s.Attributes.Entries, i, i+1) // the next of that name is one too many
			}
		}
		return f.update(ctx, std, service, request)
	})
}

// update changes a session and prints what became of it.
func (f *callFlags) update(ctx context.Context, std streams, service client, request updateRequest) error {
	ref, err := service.updateSession(ctx, request)
	if err != nil {
		return err
	}
	return f.printRef(std, ref)
}
