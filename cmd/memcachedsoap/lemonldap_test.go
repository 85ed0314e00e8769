package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestInvalidLemonLDAPSettings(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--lemonldap-key-file needs --lemonldap":                     {"--lemonldap-key-file", "k"},
		"--lemonldap-timeout needs --lemonldap":                      {"--lemonldap-timeout", "60"},
		"--lemonldap-idle needs --lemonldap":                         {"--lemonldap-idle", "60"},
		"--lemonldap-persistent needs --lemonldap":                   {"--lemonldap-persistent"},
		"--lemonldap-index needs --lemonldap":                        {"--lemonldap-index", "mail"},
		"--lemonldap-timeout must be more than 0":                    {"--lemonldap", "--lemonldap-timeout", "0"},
		"--lemonldap-idle must not be longer than":                   {"--lemonldap", "--lemonldap-idle", "61", "--lemonldap-timeout", "60"},
		"--end-oldest-session cannot be combined with --lemonldap":   {"--lemonldap", "--end-oldest-session"},
		"--lemonldap-index has an empty name":                        {"--lemonldap", "--lemonldap-index", "mail,,sn"},
		"--lemonldap-index must not be _session_id":                  {"--lemonldap", "--lemonldap-index", "_session_id"},
		"--lemonldap-index ipAddr: sessions are found by it already": {"--lemonldap", "--lemonldap-index", "mail,ipAddr"},
		"--lemonldap-index mail: sessions are found by it already":   {"--lemonldap", "--lemonldap-index", "mail,mail"},
	} {
		var errs bytes.Buffer
		code := run(t.Context(), append([]string{"serve"}, args...), streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
		assert.Equal(t, exitUsage, code, want)
		assert.Contains(t, errs.String(), want)
	}
}

func TestPrincipalsOfLemonLDAP(t *testing.T) {
	t.Parallel()
	c := serveCommand{Principal: []string{"uid", "ipAddr"}}
	assert.Equal(t, []string{"uid", "ipAddr"}, c.principals())
	c.LemonLDAP, c.LemonLDAPIndex = true, []string{"mail"}
	assert.Equal(t, []string{"_whatToTrace", "_session_uid", "ipAddr", "mail", "uid"}, c.principals())
	c.Principal = nil
	assert.Equal(t, []string{"_whatToTrace", "_session_uid", "ipAddr", "mail"}, c.principals())
}
