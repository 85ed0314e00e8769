package main

import (
	"context"
	"crypto/sha1" //nolint:gosec // the profile has no other hash
	"encoding/base64"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/service/access"
)

type checkCallerCommand struct {
	authFlags

	Name          *argument   `arg:"" optional:"" help:"Name of the caller that the request must have. A password needs it."`
	PasswordStdin bool        `help:"Read the password of the request from standard input. On a terminal, ask for it without showing it."`
	KeyStdin      bool        `help:"The same for the key of the request."`
	Certificate   []argument  `sep:"none" placeholder:"SUBJECT" help:"A name in the client certificate of the request. Repeat the flag for several names of one certificate."`
	Address       peerAddress `placeholder:"ADDRESS" help:"Address from which the request comes, such as 10.1.2.3, or unix for a unix socket."`
}

// Help is what the command's --help adds.
func (*checkCallerCommand) Help() string {
	return "Without credentials, it checks the file only. With credentials, it prints which caller a request with all of them has, and what the caller may do. The service decides by the same rules. " + authExitCodes
}

// Validate rejects flags that cannot work together. Kong calls it.
func (c *checkCallerCommand) Validate() error {
	switch {
	case c.PasswordStdin && c.KeyStdin:
		return errors.New("--password-stdin and --key-stdin exclude each other")
	case c.PasswordStdin && c.Name == nil:
		return errors.New("--password-stdin needs the name of the caller")
	case c.Name != nil && !c.hasCredentials():
		return errors.New("the name of a caller is no credential: add --password-stdin, --key-stdin, --certificate or --address; to see what it may do, use auth list")
	}
	return nil
}

func (c *checkCallerCommand) hasCredentials() bool {
	return c.PasswordStdin || c.KeyStdin || len(c.Certificate) > 0 || c.Address.given
}

// peerAddress is the address of a client.
type peerAddress struct {
	given, unix bool
	ip          netip.Addr
}

// UnmarshalText parses an address.
func (a *peerAddress) UnmarshalText(text []byte) (err error) {
	*a = peerAddress{given: true, unix: string(text) == "unix"}
	if a.unix {
		return nil
	}
	if a.ip, err = netip.ParseAddr(string(text)); err != nil {
		return errors.New("the address must be one of IPv4 or IPv6, or unix")
	}
	return nil
}

// Run checks the file, or finds the caller of a request.
func (c *checkCallerCommand) Run(ctx context.Context, std streams) error {
	file, err := c.read(std)
	if err != nil {
		return err
	}
	if !c.hasCredentials() {
		n := len(file.Callers)
		return printResult(std, c.JSON, map[string]int{"callers": n}, []byte("valid, callers: "+strconv.Itoa(n)+"\n"))
	}
	e, by, err := c.authenticate(ctx, std, file)
	if err != nil {
		return err
	}
	if c.Name != nil && e.Name != string(*c.Name) {
		return &failure{code: exitFailed, text: oneLine("the request has another caller: " + e.Name)}
	}
	return c.report(std, e, by)
}

// authenticate returns the caller of the request, and by what it is known.
func (c *checkCallerCommand) authenticate(ctx context.Context, std streams, file *access.File) (e access.Entry, by string, err error) {
	sent := access.Sent{Unix: c.Address.unix, Address: c.Address.ip}
	for _, text := range c.Certificate {
		name, ok := access.CanonicalName(string(text))
		if !ok {
			return e, "", usageError("--certificate: %q is neither a subject nor DNS:NAME, URI:ADDRESS or EMAIL:ADDRESS", text)
		}
		sent.Certificate = append(sent.Certificate, name)
	}
	secret := ""
	switch {
	case c.PasswordStdin:
		secret, err = readSecret(ctx, std, "Password of "+displayable(string(*c.Name)), !confirmed)
	case c.KeyStdin:
		secret, err = readSecret(ctx, std, "Key", !confirmed)
	}
	if err != nil {
		return e, "", err
	}
	caller, by, err := c.find(ctx, file, sent, secret)
	if refused, ok := errors.AsType[*access.UnauthenticatedError](err); ok {
		return e, "", &failure{code: exitFailed, text: refusal(refused)}
	}
	if err != nil {
		return e, "", &failure{code: exitFailed, text: oneLine(err.Error())}
	}
	i := slices.IndexFunc(file.Callers, func(e access.Entry) bool { return e.Name == caller.Name })
	return file.Callers[i], by, nil
}

// find finds the caller as the service does.
func (c *checkCallerCommand) find(ctx context.Context, file *access.File, sent access.Sent, secret string) (caller *access.Caller, by string, err error) {
	guard := access.NewGuard(file, access.Options{Tokens: true})
	ask := func(by string, sent access.Sent, also func(context.Context) error) (*access.Caller, string, error) {
		request := guard.Begin(ctx, sent)
		if err := access.Authenticate(request); err != nil {
			return nil, "", err
		}
		if err := also(request); err != nil {
			return nil, "", err
		}
		return access.CallerOf(request), by, access.Require(request, 0)
	}
	nothing := func(context.Context) error { return nil }
	switch {
	case c.PasswordStdin:
		withPassword := sent
		withPassword.Authorization = []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(string(*c.Name)+":"+secret))}
		caller, by, err = ask("password", withPassword, nothing)
		if err != nil {
			digest := func(ctx context.Context) error {
				return access.AuthenticateToken(ctx, newDigestToken(string(*c.Name), secret))
			}
			if caller, by, digestErr := ask("digest password", sent, digest); digestErr == nil {
				return caller, by, nil
			}
		}
		return caller, by, err
	case c.KeyStdin:
		sent.Authorization = []string{"Bearer " + secret}
		return ask("key", sent, nothing)
	case len(sent.Certificate) > 0:
		return ask("certificate", sent, nothing)
	}
	return ask("address", sent, nothing)
}

// refusal says why a request has no caller.
func refusal(err *access.UnauthenticatedError) string {
	switch err.Refusal {
	case access.NoCredentials:
		return "no caller has this address"
	case access.MalformedCredentials:
		return "the service cannot read these credentials"
	case access.SeveralCallers:
		return "the credentials are those of several callers"
	default:
		return "no caller has these credentials"
	}
}

// newDigestToken returns the token with which a client sends the digest of a password
// (Username Token Profile 1.0 section 3.1).
func newDigestToken(name, password string) access.Token {
	const nonce = "nonce"
	now := time.Now()
	created := now.UTC().Format(time.RFC3339)
	sum := sha1.Sum([]byte(nonce + created + password)) //nolint:gosec // see the import
	return access.Token{Name: name, Digest: sum[:], Nonce: []byte(nonce), CreatedText: created, Created: now}
}

// operationRoles are the roles that the operations of the contract need.
func operationRoles() []operationRole {
	return []operationRole{
		{"status", 0},
		{"getSession", access.Read},
		{"getSessions", access.Read},
		{"setSession", access.Write},
		{"updateSession", access.Write},
		{"touchSession", access.Write},
		{"renameSession", access.Write | access.Delete},
		{"deleteSession", access.Delete},
		{"findSessions", access.Find},
		{"deleteSessions", access.Find | access.Delete},
		{"stats", access.Stats},
	}
}

type operationRole struct {
	operation string
	roles     access.Role
}

// report prints a caller and what it may do.
func (c *checkCallerCommand) report(std streams, e access.Entry, by string) error {
	has := rolesOf(e)
	var operations []string
	for _, o := range operationRoles() {
		if has.Has(o.roles) {
			operations = append(operations, o.operation)
		}
	}
	document := struct {
		callerDocument

		KnownBy    string   `json:"knownBy"`
		Operations []string `json:"operations"`
	}{newCallerDocument(e), by, operations}
	rows := table{
		{"caller", displayable(e.Name)},
		{"known by", by},
		{"roles", strings.Join(e.Roles, ", ")},
		{"may call", strings.Join(operations, ", ")},
		{"restrictions", orDash(restrictionsOf(e))},
	}
	return printResult(std, c.JSON, document, rows.append(nil))
}
