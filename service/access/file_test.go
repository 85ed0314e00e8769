package access_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"memcachedsoap/service/access"
)

const (
	bcryptHash = "$2a$04$4ANbQCSx3nmTg7sGsEUXR.ZvmKyVXsq5lgGpj84LZgLEAVBRSUuyG"
	keyOfA     = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	keyOfB     = "sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	keyOfC     = "sha256:2123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func TestParseFile(t *testing.T) {
	t.Parallel()
	file, err := access.ParseFile([]byte(`# who may call
callers:
  - name: portal
    roles: [read, write]
    password: "` + bcryptHash + `"
    digest-password: in clear
    key: ` + keyOfA + `
    certificate: "cn=portal, O=Example"
    addresses: [10.1.0.0/16, 2001:db8::1, unix]
    dialects: [contract]
    hide: [mail, phone]
    rate: 100
    quota: 0.5
  - name: 4711
    roles:
      - admin
    addresses: [127.0.0.1]
    password: ["` + bcryptHash + `"]
    key: [` + keyOfB + `, ` + keyOfC + `]
`))
	require.NoError(t, err)
	assert.Equal(t, []string{"portal", "4711"}, []string{file.Callers[0].Name, file.Callers[1].Name})
	assert.Equal(t, []int{3, 14}, []int{file.Callers[0].Line, file.Callers[1].Line})
	assert.Equal(t, access.Texts{keyOfB, keyOfC}, file.Callers[1].Key)
	portal := file.Callers[0]
	assert.Equal(t, access.Texts{"in clear"}, portal.DigestPassword)
	assert.Equal(t, []string{"mail", "phone"}, portal.Hide)
	assert.InDelta(t, 0.5, portal.Quota, 0)
	text := fmt.Sprintf("%v %+v %#v %v", portal, portal, portal, file)
	assert.NotContains(t, text, "clear", "what is printed has no secret")
	assert.NotContains(t, text, "$2a$")
}

// What is written can be read.
func TestAWrittenFileIsValid(t *testing.T) {
	t.Parallel()
	hash, err := access.HashPassword("secret")
	require.NoError(t, err)
	_, key := access.NewKey()
	written := access.File{Callers: []access.Entry{{
		Name: "true", Roles: []string{"read", "write"}, Password: access.Texts{hash}, DigestPassword: access.Texts{"yes", "no"}, Key: access.Texts{key, keyOfA}, Certificate: access.Texts{"DNS:portal.example.com"},
		Addresses: []string{"10.0.0.0/8", "unix"}, Dialects: []string{"contract"}, Hide: []string{"null", "1e3"}, Rate: 2.5, Quota: 1,
	}, {Name: "second", Roles: []string{"admin"}, Addresses: []string{"::1"}}}}
	text, err := yaml.Marshal(written)
	require.NoError(t, err)
	read, err := access.ParseFile(text)
	require.NoError(t, err, string(text))
	again, err := yaml.Marshal(read)
	require.NoError(t, err)
	assert.Equal(t, string(text), string(again))
}

func TestAnEmptyListIsAFile(t *testing.T) {
	t.Parallel()
	file, err := access.ParseFile([]byte("callers: []\n"))
	require.NoError(t, err)
	assert.Empty(t, file.Callers)
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	caller := func(fields ...string) string {
		return "callers:\n  - name: a\n    " + strings.Join(fields, "\n    ") + "\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "access: the file is empty; it must list callers"},
		{"a comment", "# callers\n", "access: the file is empty; it must list callers"},
		{"null", "~\n", "access: line 1: the file must have fields, such as name: VALUE"},
		{"another document", "callers: []\n---\ncallers: []\n", "access: line 2: the file has a second document; write everything into one"},
		{"not YAML", "callers:\n\t- name: a\n", "access: line 2: not YAML: found character that cannot start any token: use spaces instead of the tab"},
		{"cut off", "callers:\n  - name: \"a\n", "access: line 2: not YAML: found unexpected end of stream"},
		{"a wrong indentation", "callers:\n  - name: a\n   roles: [read]\n    addresses: [unix]\n", "access: line 3: not YAML: did not find expected '-' indicator"},
		{"a list without end", "callers:\n  - name: a\n    roles: [read\n    addresses: [unix]\n", "access: line 3: not YAML: did not find expected ',' or ']'"},
		{"a text without end", "callers:\n  - name: 'a\n    roles: [read]\n  - name: b\n    roles: [read]\n", "access: line 2: not YAML: found unexpected end of stream"},
		{"a colon too many", "callers:\n  - name: \"a\n\n      b\"\n    roles: read: write\n", "access: line 5: not YAML: mapping values are not allowed in this context"},
		{"a second document that is none", "callers: []\n---\n}\n", "access: line 3: not YAML: did not find expected node content"},
		{"not UTF-8", "callers: [\xff]\n", "access: line 1: not YAML: invalid leading UTF-8 octet"},
		{"a list", "- name: a\n", "access: line 1: the file must have fields, such as name: VALUE"},
		{"another field", "users: []\n", `access: line 1: unknown field "users"; the file has only the field callers`},
		{"callers twice", "callers: []\ncallers: []\n", "access: line 2: the field callers is already in line 1"},
		{"a mapping", "callers: {a: b}\n", "access: line 1: callers must be a list, such as [ONE, TWO]"},
		{"a word as caller", "callers: [a]\n", "access: line 1: a caller must have fields, such as name: VALUE"},
		{"a typo", caller("role: [read]"), `access: line 3: unknown field "role" of a caller; a caller has name, roles, password, digest-password, key, certificate, addresses, dialects, hide, rate and quota`},
		{"a field twice", caller("roles: [read]", "roles: [write]"), "access: line 4: the field roles is already in line 3"},
		{"no name", "callers:\n  - roles: [read]\n    addresses: [unix]\n", "access: line 2: the caller has no name"},
		{"a name with a colon", "callers: [{name: 'a:b'}]\n", `access: line 1: the name "a:b" must have at most 64 letters, digits and . _ @ -, and begin with a letter or a digit`},
		{"a name with two lines", "callers: [{name: \"a\\nb\"}]\n", "access: line 1: name must be a text in one line that is not empty"},
		{"a long name", "callers: [{name: " + strings.Repeat("a", 65) + "}]\n", `access: line 1: the name "` + strings.Repeat("a", 40) + `…" must have at most 64 letters, digits and . _ @ -, and begin with a letter or a digit`},
		{"no roles", caller("addresses: [unix]"), "access: line 2: the caller a has no roles; the roles are read, write, delete, find, stats, perl, admin"},
		{"empty roles", caller("roles: []"), "access: line 3: roles must not be empty: leave the field out instead"},
		{"roles as a word", caller("roles: read"), "access: line 3: roles must be a list, such as [ONE, TWO]"},
		{"an unknown role", caller("roles:", "  - read", "  - root"), `access: line 5: unknown role "root"; the roles are read, write, delete, find, stats, perl, admin`},
		{"a role twice", caller("roles: [read, read]"), "access: line 3: the role read is there twice"},
		{"no credentials", caller("roles: [read]"), "access: line 2: the caller a has no credentials: give it a password, a digest-password, a key, a certificate or addresses"},
		{"a clear password", caller("password: secret"), `access: line 3: password: not the hash of a password: use "memcachedsoap auth add", or a bcrypt or Argon2id hash`},
		{"no password", caller("password:"), "access: line 3: password must be a text"},
		{"a dear password", caller("password: $2a$15$4ANbQCSx3nmTg7sGsEUXR.ZvmKyVXsq5lgGpj84LZgLEAVBRSUuyG"), "access: line 3: password: the cost 15 of the bcrypt hash is more than 14: each check would take seconds"},
		{"a cut bcrypt hash", caller("password: " + bcryptHash[:59]), `access: line 3: password: not the hash of a password: use "memcachedsoap auth add", or a bcrypt or Argon2id hash`},
		{"a cut Argon2id hash", caller("password: $argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ"), "access: line 3: password: not an Argon2id hash in PHC form, such as $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH"},
		{"a dear Argon2id hash", caller("password: $argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"), "access: line 3: password: the Argon2id hash needs more than m=65536,t=16,p=16 for each check"},
		{"a short digest password", caller("digest-password: ''"), "access: line 3: digest-password must be a text in one line that is not empty"},
		{"a clear key", caller("key: msk_abc"), `access: line 3: key: not the hash of a key: use "memcachedsoap auth add --key", or sha256: and the 64 hexadecimal digits of the SHA-256 hash of a random key`},
		{"a long key", caller("key: " + keyOfA + "00"), `access: line 3: key: not the hash of a key: use "memcachedsoap auth add --key", or sha256: and the 64 hexadecimal digits of the SHA-256 hash of a random key`},
		{"three keys", caller("key: ["+keyOfA+", "+keyOfB+",", "  "+keyOfC+"]"), "access: line 4: key has 3 values; use at most 2"},
		{"the same key twice", caller("key: [" + keyOfA + ", " + keyOfA + "]"), "access: line 3: key has the same value twice"},
		{"the same key in capitals", caller("roles: [read]", "key: ["+keyOfA+", '"+strings.ReplaceAll(keyOfA, "abcdef", "ABCDEF")+"']"), "access: line 2: the caller a has the same key twice"},
		{"three passwords", caller("password: [" + bcryptHash + ", a, b]"), "access: line 3: password has 3 values; use at most 2"},
		{"the second password in clear", caller("password: [" + bcryptHash + ", secret]"), `access: line 3: password: not the hash of a password: use "memcachedsoap auth add", or a bcrypt or Argon2id hash`},
		{"no passwords", caller("password: []"), "access: line 3: password must not be empty: leave the field out instead"},
		{"an object as key", caller("key: {a: b}"), "access: line 3: key must be a text"},
		{"a list in a list", caller("key: [[a]]"), "access: line 3: key must be a text"},
		{"three digest passwords", caller("digest-password: [a, b, c]"), "access: line 3: digest-password has 3 values; use at most 2"},
		{"a certificate", caller("certificate: portal"), `access: line 3: the certificate "portal" must be a subject, such as CN=portal,O=Example, or a name of it: DNS:NAME, URI:ADDRESS or EMAIL:ADDRESS`},
		{"an address", caller("addresses: [localhost]"), `access: line 3: the address "localhost" must be an IP address, a network such as 10.1.0.0/16, or unix`},
		{"a network with bits", caller("addresses: [10.1.2.3/16]"), "access: line 3: the network 10.1.2.3/16 has bits behind its length; 10.1.0.0/16 may be meant"},
		{"an IPv4 address as IPv6", caller("addresses: ['::ffff:10.0.0.1']"), `access: line 3: write the address "::ffff:10.0.0.1" in the form of IPv4, such as 10.1.0.0/16`},
		{"unix twice", caller("addresses: [unix, unix]"), "access: line 3: the address unix is there twice"},
		{"a dialect", caller("dialects: [soap]"), `access: line 3: unknown dialect "soap"; the dialects are contract, perl, lemonldap`},
		{"a dialect twice", caller("dialects: [perl, perl]"), "access: line 3: the dialect perl is there twice"},
		{"perl without its role", caller("roles: [read]", "addresses: [unix]", "dialects: [perl]"), "access: line 2: the caller a has the dialect perl but not the role perl, which the dialect needs"},
		{"an attribute twice", caller("hide: [a, a]"), `access: line 3: the attribute "a" is there twice`},
		{"a rate of nothing", caller("rate: 0"), "access: line 3: rate must be a number a second that is more than 0, such as 100 or 0.5"},
		{"a rate of NaN", caller("rate: .nan"), "access: line 3: rate must be a number a second that is more than 0, such as 100 or 0.5"},
		{"a negative quota", caller("quota: -1"), "access: line 3: quota must be a number a second that is more than 0, such as 100 or 0.5"},
		{"an alias", "callers:\n  - &a {name: a}\n  - *a\n", "access: line 2: callers has an anchor or an alias, which is not allowed"},
		{"an alias of a field", caller("roles: &r [read]"), "access: line 3: the field roles has an anchor or an alias, which is not allowed"},
		{"a merge", "callers:\n  - name: a\n    <<: {roles: [read]}\n", `access: line 3: unknown field "<<" of a caller; a caller has name, roles, password, digest-password, key, certificate, addresses, dialects, hide, rate and quota`},
		{"a name twice", "callers:\n  - {name: a, roles: [read], addresses: [unix]}\n  - {name: a, roles: [read], addresses: [10.0.0.1]}\n", "access: line 3: the name a is already that of the caller in line 2"},
		{"a key twice", "callers:\n  - {name: a, roles: [read], key: '" + keyOfA + "'}\n  - {name: b, roles: [read], key: '" + strings.ReplaceAll(keyOfA, "abcdef", "ABCDEF") + "'}\n", "access: line 3: the caller b has the same key as a in line 2"},
		{"a certificate twice", "callers:\n  - {name: a, roles: [read], certificate: 'CN=a,O=b'}\n  - {name: b, roles: [read], certificate: 'cn=a, o=b'}\n", "access: line 3: the caller b has the same certificate as a in line 2"},
		{"a network twice", "callers:\n  - {name: a, roles: [read], addresses: [10.0.0.1]}\n  - {name: b, roles: [read], addresses: [10.0.0.1/32]}\n", "access: line 3: the caller b has the same address as a in line 2"},
		{"a network twice in one", "callers:\n  - {name: a, roles: [read], addresses: [10.0.0.1, 10.0.0.1/32]}\n", "access: line 2: the caller a has the same address twice"},
		{"too long", "callers: []\n#" + strings.Repeat("x", access.MaxFile), "access: the file is larger than 1048576 bytes, the limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := access.ParseFile([]byte(c.text))
			require.EqualError(t, err, c.want)
			require.ErrorAs(t, err, new(*access.FileError))
		})
	}
}

// FuzzParseFile checks that no file ends the program, and that the error of a file has
// no secret.
func FuzzParseFile(f *testing.F) {
	f.Add([]byte("callers:\n  - name: a\n    roles: [read]\n    addresses: [unix]\n"))
	if text, err := os.ReadFile("testdata/callers.yaml"); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := access.ParseFile(text)
		if err != nil {
			require.ErrorAs(t, err, new(*access.FileError))
			return
		}
		for _, e := range file.Callers {
			assert.True(t, access.CheckName(e.Name))
			assert.NotEmpty(t, e.Roles)
		}
	})
}
