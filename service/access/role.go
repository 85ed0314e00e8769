package access

import "strings"

// Role is a right of a caller, or a set of rights.
type Role uint8

// The roles.
const (
	Read   Role = 1 << iota // read a session whose id the caller knows
	Write                   // create and change sessions
	Delete                  // delete sessions
	Find                    // find the sessions of a principal
	Stats                   // read the statistics
	Perl                    // use the dialect of the Perl programs
	Admin  = Read | Write | Delete | Find | Stats | Perl
)

// roleNames are the names of the roles in the auth file.
//
//nolint:gochecknoglobals // a table that nothing writes
var roleNames = []struct {
	name string
	role Role
}{
	{"read", Read},
	{"write", Write},
	{"delete", Delete},
	{"find", Find},
	{"stats", Stats},
	{"perl", Perl},
	{"admin", Admin},
}

// RoleNames returns the names of the roles in the auth file.
func RoleNames() []string {
	names := make([]string, len(roleNames))
	for i, r := range roleNames {
		names[i] = r.name
	}
	return names
}

// ParseRole returns the role with this name in the auth file.
func ParseRole(name string) (Role, bool) {
	for _, r := range roleNames {
		if r.name == name {
			return r.role, true
		}
	}
	return 0, false
}

// Has reports whether the set contains all roles of another one.
func (r Role) Has(all Role) bool { return r&all == all }

// String returns the names of the roles, separated by commas.
func (r Role) String() string {
	var names []string
	for _, known := range roleNames {
		if known.role == r {
			return known.name
		}
		if r.Has(known.role) {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ", ")
}

// Dialect is a kind of messages, or a set of kinds.
type Dialect uint8

// The dialects.
const (
	ContractDialect  Dialect = 1 << iota // the messages of the WSDL
	PerlDialect                          // the messages of the programs for MemcachedSOAP.cgi
	LemonLDAPDialect                     // the messages of LemonLDAP::NG, over SOAP and REST
	everyDialect     = ContractDialect | PerlDialect | LemonLDAPDialect
)

// dialectNames are the names of the dialects in the auth file.
//
//nolint:gochecknoglobals // a table that nothing writes
var dialectNames = []struct {
	name    string
	dialect Dialect
}{
	{"contract", ContractDialect},
	{"perl", PerlDialect},
	{"lemonldap", LemonLDAPDialect},
}

// DialectNames returns the names of the dialects in the auth file.
func DialectNames() []string {
	names := make([]string, len(dialectNames))
	for i, d := range dialectNames {
		names[i] = d.name
	}
	return names
}

// ParseDialect returns the dialect with this name in the auth file.
func ParseDialect(name string) (Dialect, bool) {
	for _, d := range dialectNames {
		if d.name == name {
			return d.dialect, true
		}
	}
	return 0, false
}

// String returns the names of the dialects, separated by commas.
func (d Dialect) String() string {
	var names []string
	for _, known := range dialectNames {
		if d&known.dialect != 0 {
			names = append(names, known.name)
		}
	}
	return strings.Join(names, ", ")
}
