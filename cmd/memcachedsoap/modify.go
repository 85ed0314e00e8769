package main

import (
	"context"
	"slices"
)

// changeFlags are the attributes to change.
type changeFlags struct {
	Attributes []argument `arg:"" optional:"" name:"name=value" help:"Attributes to set. Each name occurs once."`
	Remove     []argument `sep:"none" placeholder:"NAME" help:"Attribute to remove. Repeat the flag to remove several."`
}

func changeHelp() string {
	return `The service changes the attributes in one atomic step: it keeps every other attribute, and what other programs change in them meanwhile.

` + exitCodesHelp()
}

type updateCommand struct {
	ID string `arg:"" help:"Id of the session."`
	changeFlags
	TTL       int32     `name:"ttl" placeholder:"SECONDS" help:"New TTL in seconds from now; --ttl=-1 is the longest that the service allows. Default: the session keeps its expiry."`
	Lifetime  int32     `placeholder:"SECONDS" help:"New absolute timeout: the session ends after this time in any case. Default: it keeps the one that it has."`
	IfVersion *argument `placeholder:"VERSION" help:"Apply the change only if the session still has this version, which get prints. Otherwise the exit code is 5."`
	callFlags
}

// Help is what the command's --help adds.
func (*updateCommand) Help() string {
	return "An attribute in --remove may be absent. " + changeHelp()
}

// Run changes attributes of a session.
func (c *updateCommand) Run(ctx context.Context, std streams) error {
	request, err := c.request(c.ID)
	if err != nil {
		return err
	}
	request.TTL, request.Lifetime = c.TTL, c.Lifetime
	if request.IfVersion, err = versionOf(c.IfVersion); err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		return c.update(ctx, std, service, request)
	})
}

type modifyCommand struct {
	ID string `arg:"" help:"Id of the session."`
	changeFlags
	callFlags
}

// Help is what the command's --help adds.
func (*modifyCommand) Help() string {
	return "Every attribute in --remove must exist, or nothing is changed. The session keeps its expiry. " + changeHelp()
}

// Run changes attributes of a session.
func (c *modifyCommand) Run(ctx context.Context, std streams) error {
	request, err := c.request(c.ID)
	if err != nil {
		return err
	}
	return c.modify(ctx, std, request)
}

// request returns the request that changes a session.
func (f *changeFlags) request(id string) (updateRequest, error) {
	set, err := assignments(f.Attributes)
	if err != nil {
		return updateRequest{}, err
	}
	if len(set) == 0 && len(f.Remove) == 0 {
		return updateRequest{}, usageError("nothing to change: give attributes as NAME=VALUE or --remove=NAME")
	}
	remove := make([]argument, len(f.Remove))
	for i, text := range f.Remove {
		name, err := nameOf(string(text))
		if err != nil {
			return updateRequest{}, usageError("%v", err)
		}
		if indexOf(set, name) >= 0 {
			return updateRequest{}, usageError("the attribute %q is both set and removed", name)
		}
		remove[i] = argument(name)
	}
	return updateRequest{ID: id, Set: hash{Entries: set}, Remove: keyList{Keys: remove}}, nil
}

// modify changes a session that has all the attributes to remove, and prints its
// reference. It reads the session only to check that. If another program removes
// an attribute in between, the result is the same.
func (f *callFlags) modify(ctx context.Context, std streams, request updateRequest) error {
	return f.call(ctx, func(ctx context.Context, service client) error {
		if len(request.Remove.Keys) > 0 {
			s, err := service.getSession(ctx, request.ID, false)
			if err != nil {
				return err
			}
			for _, name := range request.Remove.Keys {
				i := indexOf(s.Attributes.Entries, string(name))
				if i < 0 {
					return &failure{code: exitFailed, text: oneLine("the session has no attribute " + displayable(string(name)) + "; nothing is changed")}
				}
				s.Attributes.Entries = slices.Delete(s.Attributes.Entries, i, i+1) // the same name given twice fails
			}
		}
		return f.update(ctx, std, service, request)
	})
}

// update changes a session and prints its reference.
func (f *callFlags) update(ctx context.Context, std streams, service client, request updateRequest) error {
	ref, err := service.updateSession(ctx, request)
	if err != nil {
		return err
	}
	return f.printRef(std, ref)
}
