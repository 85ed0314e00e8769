package main

import (
	"context"
	"strconv"

	"memcachedsoap/wsdl"
)

// principalFlags say whose sessions are meant.
type principalFlags struct {
	Principal argument `arg:"" help:"The value of the attribute, such as the name of a user."`
	Attribute argument `placeholder:"NAME" help:"The attribute that has the value, one of those by which the service finds sessions; the first of them if none is given."`
}

// names are the parameters of findSessions and deleteSessions. What XML cannot
// carry would be sent as another name.
func (f *principalFlags) names() (principal, attribute *string, err error) {
	for _, text := range []argument{f.Principal, f.Attribute} {
		if stringOf(string(text)).Text == nil {
			return nil, nil, wrongUsage("%q holds a character that XML cannot carry", text)
		}
	}
	return (*string)(&f.Principal), (*string)(&f.Attribute), nil
}

type findCommand struct {
	principalFlags
	callFlags
}

// Run prints the ids of the sessions of a principal, one a line; that there is
// none is a failure.
func (c *findCommand) Run(ctx context.Context, std streams) error {
	principal, attribute, err := c.names()
	if err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.FindSessionsContext(ctx, &wsdl.FindSessions{Principal: principal, Attribute: attribute})
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

// Run deletes the sessions of a principal, and prints how many there were and
// their ids; that there was none is a failure.
func (c *logoutCommand) Run(ctx context.Context, std streams) error {
	principal, attribute, err := c.names()
	if err != nil {
		return err
	}
	return c.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.DeleteSessionsContext(ctx, &wsdl.DeleteSessions{Principal: principal, Attribute: attribute})
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

// idsOf returns the ids of an answer, of which there must be one.
func idsOf(list *wsdl.IdList) ([]plainString, error) {
	list, err := result(list, nil)
	if err != nil {
		return nil, err
	}
	if len(list.Id) == 0 {
		return nil, &failure{code: exitNoSession, text: "there is no such session"}
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
		dst = append(dst, shown(string(id))...)
		dst = append(dst, '\n')
	}
	return dst
}
