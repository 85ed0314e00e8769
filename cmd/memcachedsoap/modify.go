package main

import (
	"context"
	"slices"
)

type modifyCommand struct {
	ID         string     `arg:"" help:"The session's id."`
	Attributes []argument `arg:"" optional:"" name:"name=value" help:"Attributes to set, each once."`
	Remove     []argument `sep:"none" placeholder:"NAME" help:"An attribute to remove; may be given several times."`
	callFlags
}

const rewriteHelp = `The session is read and written back as a whole, for the time it has left. That is not atomic: what another program writes in between is lost. Values pass through the contract: lists, hashes, bytes and undef stay what they are, but a Perl object becomes plain data, and bytes that are UTF-8 become text.

` + exitCodesHelp

// Help is what the command's --help adds.
func (*modifyCommand) Help() string { return rewriteHelp }

// Run changes attributes of a session.
func (c *modifyCommand) Run(ctx context.Context, std streams) error {
	set, err := assignments(c.Attributes)
	if err != nil {
		return err
	}
	if len(set) == 0 && len(c.Remove) == 0 {
		return wrongUsage("give attributes to set as NAME=VALUE, or to --remove")
	}
	for _, name := range c.Remove {
		if indexOf(set, string(name)) >= 0 {
			return wrongUsage("the attribute %q is to be set and removed", name)
		}
	}
	return c.rewrite(ctx, std, c.ID, set, c.Remove)
}

// rewrite sets and removes attributes of a session that is there, and prints
// what became of it.
func (f *callFlags) rewrite(ctx context.Context, std streams, id string, set []entry, remove []argument) error {
	return f.call(ctx, func(ctx context.Context, service client) error {
		s, err := service.getSession(ctx, id)
		if err != nil {
			return err
		}
		for _, name := range remove {
			i := indexOf(s.Attributes.Entries, string(name))
			if i < 0 {
				return &failure{code: exitFailed, text: oneLine("the session has no attribute " + shown(string(name)) + "; nothing was changed")}
			}
			s.Attributes.Entries = slices.Delete(s.Attributes.Entries, i, i+1)
		}
		s.Attributes.Entries = overlay(s.Attributes.Entries, set)
		ttl := s.ExpiresIn
		if ttl == 0 {
			ttl = longestTTL // for ever, as it was
		}
		ref, err := service.setSession(ctx, id, s.Attributes, ttl)
		if err != nil {
			return err
		}
		return f.printRef(std, ref)
	})
}

// longestTTL asks the service for the longest time to live that it allows.
const longestTTL = -1

// overlay puts entries in the place of those with the same name, or at the
// end.
func overlay(entries, set []entry) []entry {
	for _, e := range set {
		if i := indexOf(entries, e.Key); i >= 0 {
			entries[i] = e
		} else {
			entries = append(entries, e)
		}
	}
	return entries
}

// indexOf returns the position of a name, or -1.
func indexOf(entries []entry, name string) int {
	return slices.IndexFunc(entries, func(e entry) bool { return e.Key == name })
}
