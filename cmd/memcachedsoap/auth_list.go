package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"memcachedsoap/service/access"
)

type listCallersCommand struct {
	authFlags
}

// Run prints the callers of the file. No secret and no hash is printed.
func (c *listCallersCommand) Run(std streams) error {
	file, err := c.read(std)
	if err != nil {
		return err
	}
	rows := table{{"NAME", "ROLES", "CREDENTIALS", "RESTRICTIONS"}}
	documents := make([]callerDocument, len(file.Callers))
	for i, e := range file.Callers {
		documents[i] = newCallerDocument(e)
		rows = append(rows, []string{
			displayable(e.Name), strings.Join(e.Roles, ", "), orDash(credentialsOf(e)), orDash(restrictionsOf(e)),
		})
	}
	return printResult(std, c.JSON, map[string]any{"callers": documents}, rows.append(nil))
}

// callerDocument is a caller as JSON.
type callerDocument struct {
	Name            plainString   `json:"name"`
	Roles           []string      `json:"roles"`
	Passwords       int           `json:"passwords"`
	DigestPasswords int           `json:"digestPasswords"`
	Keys            int           `json:"keys"`
	Certificates    []plainString `json:"certificates"`
	Addresses       []string      `json:"addresses"`
	Dialects        []string      `json:"dialects"`
	Hide            []plainString `json:"hide"`
	Rate            *float64      `json:"rate"`  // null: no limit
	Quota           *float64      `json:"quota"` // null: no limit
}

func newCallerDocument(e access.Entry) callerDocument {
	limit := func(n float64) *float64 {
		if n == 0 {
			return nil
		}
		return &n
	}
	dialects := e.Dialects
	if dialects == nil {
		dialects = access.DialectNames()
		if !rolesOf(e).Has(access.Perl) {
			dialects = slices.DeleteFunc(dialects, func(name string) bool { return name == access.PerlDialect.String() })
		}
	}
	return callerDocument{
		Name: plainString(e.Name), Roles: e.Roles,
		Passwords: len(e.Password), DigestPasswords: len(e.DigestPassword), Keys: len(e.Key), Certificates: plainStrings(e.Certificate),
		Addresses: append([]string{}, e.Addresses...), Dialects: dialects, Hide: plainStrings(e.Hide), Rate: limit(e.Rate), Quota: limit(e.Quota),
	}
}

// rolesOf returns the roles of a caller of a valid file.
func rolesOf(e access.Entry) access.Role {
	var all access.Role
	for _, name := range e.Roles {
		role, _ := access.ParseRole(name)
		all |= role
	}
	return all
}

func plainStrings(texts []string) []plainString {
	all := make([]plainString, len(texts))
	for i, text := range texts {
		all[i] = plainString(text)
	}
	return all
}

// credentialsOf names the credentials of a caller: secrets by their kind.
func credentialsOf(e access.Entry) string {
	var all []string
	for _, kind := range []struct {
		name   string
		number int
	}{{"password", len(e.Password)}, {"digest password", len(e.DigestPassword)}, {"key", len(e.Key)}} {
		switch kind.number {
		case 0:
		case 1:
			all = append(all, kind.name)
		default:
			all = append(all, strconv.Itoa(kind.number)+" "+kind.name+"s")
		}
	}
	for _, name := range e.Certificate {
		all = append(all, "certificate "+displayable(name))
	}
	for _, address := range e.Addresses {
		all = append(all, "address "+address)
	}
	return strings.Join(all, "; ")
}

// restrictionsOf says what bounds a caller besides its roles.
func restrictionsOf(e access.Entry) string {
	var all []string
	if e.Dialects != nil {
		all = append(all, "dialect "+strings.Join(e.Dialects, ", "))
	}
	for _, name := range e.Hide {
		all = append(all, "does not see "+displayable(name))
	}
	if e.Rate > 0 {
		all = append(all, fmt.Sprint(e.Rate, " calls a second"))
	}
	if e.Quota > 0 {
		all = append(all, fmt.Sprint(e.Quota, " new sessions a second"))
	}
	return strings.Join(all, "; ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
