package main

import (
	"context"
	"strconv"
	"time"

	"memcachedsoap/wsdl"
)

// principalFlags select the sessions of a principal.
type principalFlags struct {
	Principal argument `arg:"" help:"Value of the attribute, such as the name of a user."`
	Attribute argument `placeholder:"NAME" help:"Attribute that has the value: one of --principal of the service. Default: the first of these."`
	Quiet     bool     `help:"Do not show on standard error how long the service takes."`
}

// wait shows how long the service takes, until stop is called: it may have to scan its
// servers.
func (f *principalFlags) wait(std streams, limit time.Duration) (stop func()) {
	shown := startProgress(std, f.Quiet)
	shown.begin(stage{name: "waiting for the service", limit: limit})
	return shown.stop
}

// parameters returns the parameters of findSessions and deleteSessions. It
// rejects what XML cannot represent: encoding/xml would send another name.
func (f *principalFlags) parameters() (principal, attribute *string, err error) {
	for _, text := range []argument{f.Principal, f.Attribute} {
		if stringOf(string(text)).Text == nil {
			return nil, nil, usageError("%q contains a character that XML cannot represent", text)
		}
	}
	return (*string)(&f.Principal), (*string)(&f.Attribute), nil
}

type findCommand struct {
	principalFlags
	callFlags
}

// Run prints the ids of the sessions of a principal, one a line. It fails if
// there is none.
func (c *findCommand) Run(ctx context.Context, std streams) error {
	principal, attribute, err := c.parameters()
	if err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		stop := c.wait(std, c.Timeout)
		response, err := service.FindSessionsContext(ctx, &wsdl.FindSessions{Principal: principal, Attribute: attribute})
		stop()
		if err != nil {
			return err
		}
		ids, err := idsOf(response.FindSessionsResult)
		if err != nil {
			return err
		}
		return c.print(std, map[string][]plainString{"ids": ids}, appendLines(nil, ids))
	})
}

type logoutCommand struct {
	principalFlags
	callFlags
}

// Run deletes the sessions of a principal, and prints their number and their
// ids. It fails if there was none.
func (c *logoutCommand) Run(ctx context.Context, std streams) error {
	principal, attribute, err := c.parameters()
	if err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		stop := c.wait(std, c.Timeout)
		response, err := service.DeleteSessionsContext(ctx, &wsdl.DeleteSessions{Principal: principal, Attribute: attribute})
		stop()
		if err != nil {
			return err
		}
		ids, err := idsOf(response.DeleteSessionsResult)
		if err != nil {
			return err
		}
		return c.print(std, map[string][]plainString{"deleted": ids}, appendLines([]byte("deleted "+strconv.Itoa(len(ids))+"\n"), ids))
	})
}

// idsOf returns the ids of a response. It fails if there is none.
func idsOf(list *wsdl.IdList) ([]plainString, error) {
	list, err := result(list, nil)
	if err != nil {
		return nil, err
	}
	if len(list.Id) == 0 {
		return nil, &failure{code: exitNoSession, text: "no session found"}
	}
	ids := make([]plainString, len(list.Id))
	for i, id := range list.Id {
		ids[i] = plainString(id)
	}
	return ids, nil
}

// appendLines appends ids, one a line.
func appendLines(dst []byte, ids []plainString) []byte {
	for _, id := range ids {
		dst = append(dst, displayable(string(id))...)
		dst = append(dst, '\n')
	}
	return dst
}
