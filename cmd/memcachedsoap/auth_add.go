package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"memcachedsoap/service/access"
	"memcachedsoap/service/access/authfile"
)

// addCallerCommand adds or changes a caller. A flag that names a field of the file
// gives it a value.
type addCallerCommand struct {
	authFlags

	Name  argument `arg:"" help:"Name of the caller, which is also the name that it sends with a password."`
	Roles words    `placeholder:"ROLE,..." complete:"read,write,delete,find,stats,perl,admin" help:"What the caller may do: read, write, delete, find, stats, perl (use the messages of MemcachedSOAP.cgi) or admin (everything). Separate several by commas."`

	PasswordStdin       bool `help:"Read a password for HTTP Basic and WS-Security from standard input. On a terminal, ask for it without showing it. The file gets its hash."`
	DigestPasswordStdin bool `help:"The same for the PasswordDigest of WS-Security. The file gets the password in clear, which PasswordDigest needs. With --password-stdin, too, one password is read for both."`
	Key                 bool `help:"Create a key for Authorization: Bearer, and print it. It is not shown again: the file gets its hash."`

	Certificate []argument `sep:"none" placeholder:"SUBJECT" help:"Name in the client certificate: its subject, such as CN=portal,O=Example, or DNS:NAME, URI:ADDRESS or EMAIL:ADDRESS. Repeat the flag for several."`
	Address     words      `placeholder:"CIDR,..." help:"Network or address from which the caller needs no other credentials, such as 10.1.0.0/16, or unix for unix sockets. Repeat the flag for several."`
	Dialects    words      `placeholder:"DIALECT,..." complete:"contract,perl,lemonldap" help:"Kinds of messages that the caller may send: contract (those of the WSDL), perl (those of MemcachedSOAP.cgi) or lemonldap (those of LemonLDAP::NG). Default: all that its roles allow."`
	Hide        words      `placeholder:"ATTRIBUTE,..." help:"Attributes that the caller does not see and does not change. Separate several by commas."`
	Rate        *perSecond `placeholder:"N" help:"Most calls a second. Default: no limit."`
	Quota       *perSecond `placeholder:"N" help:"Most new sessions a second. Default: no limit."`

	Change  bool  `help:"Change a caller that exists. Each flag replaces what the caller had of that kind; the rest stays."`
	KeepOld bool  `help:"With --change: the old password or key stays valid beside the new one. A caller has at most two of each."`
	DropOld bool  `help:"With --change: of two passwords or keys only the newer one stays valid."`
	Remove  words `enum:"password,digest-password,key,certificate,addresses,dialects,hide,rate,quota" placeholder:"FIELD,..." help:"With --change: take a field away: password, digest-password, key, certificate, addresses, dialects, hide, rate or quota. Separate several by commas."`
}

// Validate rejects flags that cannot work together. Kong calls it.
func (c *addCallerCommand) Validate() error {
	fields, secret := c.fields(secrets{}), c.PasswordStdin || c.DigestPasswordStdin || c.Key
	switch {
	case !c.Change && (c.KeepOld || c.DropOld || len(c.Remove) > 0):
		return errors.New("--keep-old, --drop-old and --remove need --change")
	case c.KeepOld && c.DropOld:
		return errors.New("--keep-old and --drop-old exclude each other")
	case c.KeepOld && !secret:
		return errors.New("--keep-old needs --password-stdin, --digest-password-stdin or --key")
	case c.Change && len(fields) == 0 && !c.DropOld && len(c.Remove) == 0:
		return errors.New("nothing to change: give a flag for what is to be changed")
	case !c.Change && len(c.Roles) == 0:
		return errors.New("--roles is missing: " + strings.Join(access.RoleNames(), ", "))
	}
	for _, field := range fields {
		if slices.Contains(c.Remove, field.Name) {
			return errors.New("the field " + field.Name + " is both set and removed")
		}
	}
	return nil
}

// secrets are what the file gets of the secrets of a caller; "" for one that is not
// given.
type secrets struct{ password, digest, key string }

// Run adds or changes a caller.
func (c *addCallerCommand) Run(ctx context.Context, std streams) error {
	if err := c.rehearse(); err != nil {
		return err
	}
	var given secrets
	if c.PasswordStdin || c.DigestPasswordStdin {
		password, err := readSecret(ctx, std, "Password of "+displayable(string(c.Name)), confirmed)
		if err != nil {
			return err
		}
		if c.DigestPasswordStdin {
			given.digest = password
		}
		if given.password, err = access.HashPassword(password); err != nil {
			return usageError("%s", strings.TrimPrefix(err.Error(), "access: "))
		}
		warnWeak(std, password)
	}
	key := ""
	if c.Key {
		key, given.key = access.NewKey()
	}
	err := c.update(ctx, authfile.Create, func(text []byte, file *access.File) ([]byte, error) {
		return c.apply(text, file, given)
	})
	if err != nil {
		return err
	}
	c.warn(std)
	return c.report(std, key)
}

// rehearse makes the change without secrets and without writing, so that what is
// wrong is said before a password is asked for.
func (c *addCallerCommand) rehearse() error {
	text, _, err := access.ReadFile(c.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c.failure(err)
	}
	const anyPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" //nolint:gosec // of no password
	_, anyKey := access.NewKey()
	_, err = c.edit(text, func(text []byte, file *access.File) ([]byte, error) {
		return c.apply(text, file, secrets{password: anyPassword, digest: anyKey, key: anyKey})
	})
	return err
}

// apply returns the text of the file after the change.
func (c *addCallerCommand) apply(text []byte, file *access.File, given secrets) ([]byte, error) {
	fields := c.fields(given)
	if !c.Change {
		return authfile.Add(text, string(c.Name), fields)
	}
	i := slices.IndexFunc(file.Callers, func(e access.Entry) bool { return e.Name == string(c.Name) })
	if i < 0 {
		return nil, authfile.ErrNotFound
	}
	old := file.Callers[i]
	for _, kind := range []struct {
		name   string
		values access.Texts
	}{{"password", old.Password}, {"digest-password", old.DigestPassword}, {"key", old.Key}} {
		at := slices.IndexFunc(fields, func(f authfile.Field) bool { return f.Name == kind.name })
		switch {
		case c.KeepOld && at >= 0 && len(kind.values) >= access.MaxValid:
			return nil, &failure{code: exitFailed, text: "the caller has two values of " + kind.name + " already: make the older one invalid with --change --drop-old first"}
		case c.KeepOld && at >= 0 && len(kind.values) > 0:
			newest, _ := fields[at].Value.(access.Texts)
			fields[at].Value = slices.Concat(newest, kind.values)
		case c.DropOld && at < 0 && len(kind.values) > 1 && !slices.Contains(c.Remove, kind.name):
			fields = append(fields, authfile.Field{Name: kind.name, Value: kind.values[:1]})
		}
	}
	return authfile.Change(text, string(c.Name), fields, c.Remove)
}

// fields returns the fields that the flags give a caller, in the order of the
// documentation.
func (c *addCallerCommand) fields(given secrets) []authfile.Field {
	var fields []authfile.Field
	add := func(name string, values []string) {
		if len(values) > 0 {
			fields = append(fields, authfile.Field{Name: name, Value: values})
		}
	}
	addTexts := func(name string, values ...string) {
		if len(values) > 0 {
			fields = append(fields, authfile.Field{Name: name, Value: access.Texts(values)})
		}
	}
	add("roles", c.Roles)
	if c.PasswordStdin {
		addTexts("password", given.password)
	}
	if c.DigestPasswordStdin {
		addTexts("digest-password", given.digest)
	}
	if c.Key {
		addTexts("key", given.key)
	}
	addTexts("certificate", plain(c.Certificate)...)
	add("addresses", c.Address)
	add("dialects", c.Dialects)
	add("hide", c.Hide)
	if c.Rate != nil {
		fields = append(fields, authfile.Field{Name: "rate", Value: float64(*c.Rate)})
	}
	if c.Quota != nil {
		fields = append(fields, authfile.Field{Name: "quota", Value: float64(*c.Quota)})
	}
	return fields
}

// plain returns arguments as strings.
func plain(arguments []argument) []string {
	texts := make([]string, len(arguments))
	for i, argument := range arguments {
		texts[i] = string(argument)
	}
	return texts
}

// warnWeak warns of a password that can be guessed.
func warnWeak(std streams, password string) {
	const least = 12
	if n := utf8.RuneCountInString(password); n < least {
		warnf(std, "the password has fewer than %d characters", least)
	}
}

// report prints what was done: a new key, which is all that a script wants, or a
// word.
func (c *addCallerCommand) report(std streams, key string) error {
	done := "added"
	if c.Change {
		done = "changed"
	}
	document, text := map[string]any{"name": plainString(c.Name), done: true}, done
	if key != "" {
		document["key"], text = key, key
	}
	err := printResult(std, c.JSON, document, []byte(text+"\n"))
	if err != nil && key != "" {
		return &failure{code: exitFailed, text: err.Error() + "; nobody knows the new key: replace it with --change --key"}
	}
	return err
}

// words are the values of a flag that may be repeated and may have commas between
// its values. An empty value, such as a variable of a script that is not set, is an
// error: it would take a restriction away.
type words []string

// Decode reads an argument. [kong.MapperValue] requires it.
func (w *words) Decode(ctx *kong.DecodeContext) error {
	var list argument
	if err := list.Decode(ctx); err != nil {
		return err
	}
	for word := range strings.SplitSeq(string(list), ",") {
		if word == "" {
			return errors.New("a value is empty")
		}
		*w = append(*w, word)
	}
	return nil
}

// perSecond is a number of calls a second.
type perSecond float64

// UnmarshalText parses a number.
func (n *perSecond) UnmarshalText(text []byte) error {
	const most = 1e9
	parsed, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(parsed > 0 && parsed <= most) {
		return fmt.Errorf("%q must be a number a second that is more than 0, such as 100 or 0.5", text)
	}
	*n = perSecond(parsed)
	return nil
}
