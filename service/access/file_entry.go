package access

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/strictyaml"
)

// unixAddress is the address of the peers on unix sockets in the auth file.
const unixAddress = "unix"

// readEntry reads a caller.
func readEntry(node *yaml.Node) (Entry, error) {
	e := Entry{Line: node.Line, caller: &Caller{}}
	err := strictyaml.EachField(node, "a caller", func(key, value *yaml.Node) error {
		read := entryFields[key.Value]
		if read == nil {
			return wrong(value, "unknown field %q of a caller; a caller has %s", strictyaml.Shown(key.Value), fieldNames)
		}
		return read(&e, value)
	})
	if err != nil {
		return Entry{}, err
	}
	return e, e.complete(node)
}

// fieldNames names the fields in the order in which they are documented.
const fieldNames = "name, roles, password, digest-password, key, certificate, addresses, dialects, hide, rate and quota"

// entryFields read the fields of a caller.
//
//nolint:gochecknoglobals // a table that nothing writes
var entryFields = map[string]func(e *Entry, value *yaml.Node) error{
	"name":            (*Entry).readName,
	"roles":           (*Entry).readRoles,
	"password":        (*Entry).readPassword,
	"digest-password": (*Entry).readDigestPassword,
	"key":             (*Entry).readKey,
	"certificate":     (*Entry).readCertificate,
	"addresses":       (*Entry).readAddresses,
	"dialects":        (*Entry).readDialects,
	"hide":            (*Entry).readHide,
	"rate": func(e *Entry, value *yaml.Node) (err error) {
		e.Rate, err = numberOf(value, "rate")
		e.caller.Rate = e.Rate
		return err
	},
	"quota": func(e *Entry, value *yaml.Node) (err error) {
		e.Quota, err = numberOf(value, "quota")
		e.caller.Quota = e.Quota
		return err
	},
}

// maxName is the greatest length of a caller's name.
const maxName = 64

// CheckName reports whether a text can be the name of a caller. Names stand in the log,
// in metrics and in HTTP Basic, which ends them at a colon.
func CheckName(name string) bool {
	const others = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-"
	return name != "" && len(name) <= maxName && strings.Trim(name, others) == "" && strings.Trim(name[:1], "._@-") != ""
}

func (e *Entry) readName(value *yaml.Node) (err error) {
	if e.Name, err = strictyaml.Text(value, "name"); err != nil {
		return err
	}
	if !CheckName(e.Name) {
		return wrong(value, "the name %q must have at most %d letters, digits and . _ @ -, and begin with a letter or a digit", strictyaml.Shown(e.Name), maxName)
	}
	e.caller.Name = e.Name
	return nil
}

func (e *Entry) readRoles(value *yaml.Node) (err error) {
	if e.Roles, err = textsOf(value, "roles"); err != nil {
		return err
	}
	for i, name := range e.Roles {
		role, ok := ParseRole(name)
		switch {
		case !ok:
			return wrong(value.Content[i], "unknown role %q; the roles are %s", strictyaml.Shown(name), strings.Join(RoleNames(), ", "))
		case slices.Contains(e.Roles[:i], name):
			return wrong(value.Content[i], "the role %s is there twice", name)
		}
		e.caller.Roles |= role
	}
	return nil
}

func (e *Entry) readPassword(value *yaml.Node) (err error) {
	e.Password, err = eachText(value, "password", MaxValid, func(item *yaml.Node) error {
		if err := checkHash(item.Value); err != nil {
			return wrong(item, "password: %s", err)
		}
		return nil
	})
	e.caller.passwords = e.Password
	return err
}

func (e *Entry) readDigestPassword(value *yaml.Node) (err error) {
	e.DigestPassword, err = eachText(value, "digest-password", MaxValid, func(item *yaml.Node) error {
		if err := CheckPassword(item.Value); err != nil {
			return wrong(item, "digest-password: %s", strings.TrimPrefix(err.Error(), "access: "))
		}
		return nil
	})
	e.caller.DigestPasswords = e.DigestPassword
	return err
}

func (e *Entry) readKey(value *yaml.Node) (err error) {
	e.Key, err = eachText(value, "key", MaxValid, func(item *yaml.Node) error {
		key, err := parseKeyHash(item.Value)
		if err != nil {
			return wrong(item, "key: %s", err)
		}
		e.caller.keys = append(e.caller.keys, key)
		return nil
	})
	return err
}

// maxCertificates is how many certificates a caller may have, such as one on each of
// its machines.
const maxCertificates = 64

func (e *Entry) readCertificate(value *yaml.Node) (err error) {
	e.Certificate, err = eachText(value, "certificate", maxCertificates, func(item *yaml.Node) error {
		name, ok := CanonicalName(item.Value)
		if !ok {
			return wrong(item, "the certificate %q must be a subject, such as CN=portal,O=Example, or a name of it: DNS:NAME, URI:ADDRESS or EMAIL:ADDRESS", strictyaml.Shown(item.Value))
		}
		e.caller.certificates = append(e.caller.certificates, name)
		return nil
	})
	return err
}

func (e *Entry) readAddresses(value *yaml.Node) (err error) {
	if e.Addresses, err = textsOf(value, "addresses"); err != nil {
		return err
	}
	for i, text := range e.Addresses {
		if text == unixAddress {
			if e.caller.unix {
				return wrong(value.Content[i], "the address unix is there twice")
			}
			e.caller.unix = true
			continue
		}
		network, err := ParseNetwork(text)
		if err != nil {
			return wrong(value.Content[i], "%s", strings.TrimPrefix(err.Error(), "access: "))
		}
		e.caller.networks = append(e.caller.networks, network)
	}
	return nil
}

func (e *Entry) readDialects(value *yaml.Node) (err error) {
	if e.Dialects, err = textsOf(value, "dialects"); err != nil {
		return err
	}
	for i, name := range e.Dialects {
		dialect, ok := ParseDialect(name)
		switch {
		case !ok:
			return wrong(value.Content[i], "unknown dialect %q; the dialects are %s", strictyaml.Shown(name), strings.Join(DialectNames(), ", "))
		case e.caller.Dialects&dialect != 0:
			return wrong(value.Content[i], "the dialect %s is there twice", name)
		}
		e.caller.Dialects |= dialect
	}
	return nil
}

func (e *Entry) readHide(value *yaml.Node) (err error) {
	if e.Hide, err = textsOf(value, "hide"); err != nil {
		return err
	}
	for i, name := range e.Hide {
		switch {
		case slices.Contains(e.Hide[:i], name):
			return wrong(value.Content[i], "the attribute %q is there twice", strictyaml.Shown(name))
		case name == sessionID:
			return wrong(value.Content[i], "the attribute %s is the id of the session, which cannot be hidden", sessionID)
		case i == maxHidden:
			return wrong(value.Content[i], "a caller can hide at most %d attributes", maxHidden)
		}
	}
	e.caller.Hide = e.Hide
	return nil
}

// complete checks what the fields of a caller must be together.
func (e *Entry) complete(node *yaml.Node) error {
	c := e.caller
	switch {
	case c.Name == "":
		return wrong(node, "the caller has no name")
	case c.Roles == 0:
		return wrong(node, "the caller %s has no roles; the roles are %s", c.Name, strings.Join(RoleNames(), ", "))
	case c.passwords == nil && c.DigestPasswords == nil && c.keys == nil && c.certificates == nil && c.networks == nil && !c.unix:
		return wrong(node, "the caller %s has no credentials: give it a password, a digest-password, a key, a certificate or addresses", c.Name)
	case c.Dialects&PerlDialect != 0 && !c.Roles.Has(Perl):
		return wrong(node, "the caller %s has the dialect perl but not the role perl, which the dialect needs", c.Name)
	case c.Dialects == PerlDialect && c.Roles == Perl:
		return wrong(node, "the caller %s has only the role perl: the operations need their roles, too, such as read and write", c.Name)
	}
	if c.Dialects == 0 {
		c.Dialects = everyDialect
	}
	c.hidden = hiddenNames(c.Hide)
	c.calls, c.sessions = newLimiter(c.Rate), newLimiter(c.Quota)
	return nil
}

// ParseNetwork parses an address or a network of the auth file: 10.1.2.3, 10.1.0.0/16,
// 2001:db8::/32.
func ParseNetwork(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		addr, addrErr := netip.ParseAddr(text)
		if addrErr != nil || addr.Zone() != "" {
			return netip.Prefix{}, &FileError{Reason: "the address " + strconv.Quote(strictyaml.Shown(text)) + " must be an IP address, a network such as 10.1.0.0/16, or unix"}
		}
		network = netip.PrefixFrom(addr, addr.BitLen())
	}
	if network.Addr().Is4In6() {
		return netip.Prefix{}, &FileError{Reason: "write the address " + strconv.Quote(strictyaml.Shown(text)) + " in the form of IPv4, such as 10.1.0.0/16"}
	}
	if network.Masked() != network {
		return netip.Prefix{}, &FileError{Reason: "the network " + text + " has bits behind its length; " + network.Masked().String() + " may be meant"}
	}
	return network, nil
}
