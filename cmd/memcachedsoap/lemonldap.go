package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/audit"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/secretfile"
)

// lemonldapSettings are the settings of the dialects of LemonLDAP::NG.
type lemonldapSettings struct {
	LemonLDAP           bool     `name:"lemonldap" group:"LemonLDAP::NG:" help:"Serve LemonLDAP::NG's REST routes below /sessions/ and its SOAP messages on any path. Sessions are then found by _whatToTrace, which is the principal that a call means if it names none, and by _session_uid and ipAddr, without MD5 lookup keys. The lifetimes of --session-ttl, --session-idle and --max-session-ttl do not apply to what LemonLDAP::NG stores. Default: off."`
	LemonLDAPKeyFile    string   `name:"lemonldap-key-file" type:"path" placeholder:"FILE" group:"LemonLDAP::NG:" help:"File whose first line is LemonLDAP::NG's option key: a secret (__secret) that is sent must be made with it. Only its owner and its group may read it. It is read again when it changes and on SIGHUP. Default: secrets are not verified, the roles of the callers decide."`
	LemonLDAPTimeout    seconds  `name:"lemonldap-timeout" default:"72000" placeholder:"SECONDS" group:"LemonLDAP::NG:" help:"LemonLDAP::NG's option timeout: how long after its _utime a session ends. Default ${default}."`
	LemonLDAPIdle       seconds  `name:"lemonldap-idle" default:"0" placeholder:"SECONDS" group:"LemonLDAP::NG:" help:"LemonLDAP::NG's option timeoutActivity: how long after its _lastSeen a session ends; 0: no idle timeout. Default ${default}."`
	LemonLDAPPersistent bool     `name:"lemonldap-persistent" group:"LemonLDAP::NG:" help:"Keep persistent sessions, too. They hold second factors and consents, and never expire, but memcached may evict them and forgets them when it restarts. Default: they are refused."`
	LemonLDAPIndex      []string `name:"lemonldap-index" placeholder:"ATTRIBUTE" group:"LemonLDAP::NG:" help:"Further attributes by whose values LemonLDAP::NG finds sessions without a scan of all sessions. Separate several by commas. Default: none."`
}

// lemonldapTimeout is the default of LemonLDAP::NG's option timeout.
const lemonldapTimeout = 72000

// lemonldapPrincipals are the attributes by which LemonLDAP::NG finds the sessions of a
// user and of an address.
func lemonldapPrincipals() []string { return []string{"_whatToTrace", "_session_uid", "ipAddr"} }

// validateLemonLDAP rejects settings of LemonLDAP::NG that cannot work.
func (c *serveCommand) validateLemonLDAP() error {
	if !c.LemonLDAP {
		return c.validateNoLemonLDAP()
	}
	switch {
	case c.LemonLDAPTimeout == 0:
		return errors.New("--lemonldap-timeout must be more than 0")
	case c.LemonLDAPIdle > c.LemonLDAPTimeout:
		return errors.New("--lemonldap-idle must not be longer than --lemonldap-timeout")
	case c.EndOldestSession:
		return errors.New("--end-oldest-session cannot be combined with --lemonldap: users behind one address would end each other's sessions. " +
			"Set LemonLDAP::NG's option singleSession")
	}
	for i, name := range c.LemonLDAPIndex {
		switch {
		case name == "":
			return errors.New("--lemonldap-index has an empty name: separate the attributes by one comma")
		case name == sessionstore.IDAttribute:
			return errors.New("--lemonldap-index must not be " + sessionstore.IDAttribute + ": a session is found by its id anyway")
		case slices.Contains(lemonldapPrincipals(), name), slices.Contains(c.LemonLDAPIndex[:i], name):
			return fmt.Errorf("--lemonldap-index %s: sessions are found by it already", name)
		}
	}
	return nil
}

// validateNoLemonLDAP rejects settings that would have no effect.
func (c *serveCommand) validateNoLemonLDAP() error {
	for _, setting := range []struct {
		flag string
		set  bool
	}{
		{"key-file", c.LemonLDAPKeyFile != ""},
		{"timeout", c.LemonLDAPTimeout != lemonldapTimeout},
		{"idle", c.LemonLDAPIdle != 0},
		{"persistent", c.LemonLDAPPersistent},
		{"index", len(c.LemonLDAPIndex) > 0},
	} {
		if setting.set {
			return fmt.Errorf("--lemonldap-%s needs --lemonldap", setting.flag)
		}
	}
	return nil
}

// lemonldapIndexed are the attributes by which LemonLDAP::NG finds sessions without a
// scan; none without --lemonldap.
func (c *serveCommand) lemonldapIndexed() []string {
	if !c.LemonLDAP {
		return nil
	}
	return slices.Concat(lemonldapPrincipals(), c.LemonLDAPIndex)
}

// principals are all attributes by whose values sessions are found. A call that names
// none means the first.
func (c *serveCommand) principals() []string {
	principals := c.lemonldapIndexed()
	for _, name := range c.Principal {
		if !slices.Contains(principals, name) {
			principals = append(principals, name)
		}
	}
	return principals
}

// lemonldapKey is LemonLDAP::NG's option key, as --lemonldap-key-file has it.
type lemonldapKey struct {
	cipher atomic.Pointer[lemonldap.Cipher]
}

// lemonldapKey returns the key, which is reloaded. It is nil without a file.
func (c *serveCommand) lemonldapKey(files *reloader) (*lemonldapKey, error) {
	if c.LemonLDAPKeyFile == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	key := new(lemonldapKey)
	return key, files.add(reloadable{flag: "--lemonldap-key-file", paths: []string{c.LemonLDAPKeyFile}, reload: func() error {
		return key.readFile(c.LemonLDAPKeyFile)
	}})
}

// maxLemonLDAPKeyFile is the greatest size of the file of the key in bytes.
const maxLemonLDAPKeyFile = 4 << 10

// readFile takes over the first line of a file.
func (k *lemonldapKey) readFile(path string) error {
	content, err := secretfile.Read(path, maxLemonLDAPKeyFile)
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	if line = bytes.TrimSuffix(line, []byte("\r")); len(line) == 0 {
		return fmt.Errorf("%s: its first line must be LemonLDAP::NG's option key", path)
	}
	k.cipher.Store(lemonldap.NewCipher(line))
	return nil
}

// lemonldapSessions are the sessions of LemonLDAP::NG.
func (c *serveCommand) lemonldapSessions(sessions *service.Service, key *lemonldapKey) *lemonldap.Sessions {
	o := lemonldap.Options{
		Timeout: time.Duration(c.LemonLDAPTimeout) * time.Second, Idle: time.Duration(c.LemonLDAPIdle) * time.Second,
		Persistent: c.LemonLDAPPersistent, Indexed: c.lemonldapIndexed(),
	}
	if key != nil {
		o.Key = key.cipher.Load
	}
	return lemonldap.New(sessions, o)
}

// lemonldapHandler is the handler of the REST dialect; nil without --lemonldap.
func (c *serveCommand) lemonldapHandler(sessions *lemonldap.Sessions, counters *service.Counters, audited *audit.Log) http.Handler {
	if !c.LemonLDAP {
		return nil
	}
	return lemonldap.NewHandler(sessions, lemonldap.HandlerOptions{
		MaxBody: int(c.MaxBody), MaxEntries: c.MaxEntries, MaxDepth: c.MaxDepth,
		CallTimeout: c.CallTimeout, WriteTimeout: c.WriteTimeout,
		Observe: dialect.Audited(dialect.Observer(counters), audited),
	})
}
