package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The forms of credentials. doc.go describes them.
const (
	formBasic       = "basic"
	formChallenge   = "basic-challenge"
	formBearer      = "bearer"
	formCertificate = "certificate"
	formToken       = "usernametoken"
	formDigest      = "usernametoken-digest"
)

// form is a form in which a client can send credentials.
type form struct {
	name string
	hide string // why the program cannot show the fault for wrong credentials; "" if it can
}

// readForms reads a file named credentials: a form in each line and, if the program
// cannot show the fault for wrong ones, a tab and the reason.
func readForms(t *testing.T, path string) []form {
	t.Helper()
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(t, err)
	var forms []form
	for line := range strings.Lines(string(content)) {
		name, hide, lost := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		require.Contains(t, []string{formBasic, formChallenge, formBearer, formCertificate, formToken, formDigest}, name, path)
		require.Equal(t, lost, hide != "", "%s: the reason for %s is missing", path, name)
		require.False(t, slices.ContainsFunc(forms, func(f form) bool { return f.name == name }), "%s: %s twice", path, name)
		forms = append(forms, form{name, hide})
	}
	return forms
}

// Each page shows how to send a password with HTTP Basic on TLS. TestPages follows it.
func TestPagesShowBasicAndTLS(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(programs, "*/README.md"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		page, err := os.ReadFile(path)
		require.NoError(t, err)
		_, section, found := strings.Cut(string(page), "\n## Basic and TLS\n")
		assert.True(t, found, path)
		section, _, _ = strings.Cut(section, "\n## ")
		assert.Regexp(t, "https://(127.0.0.1|localhost):8443/", section, path)
		assert.Contains(t, section, "ca.pem", path)
	}
}

// Every client can send credentials, and docs/clients.md has the forms of all of them
// and says which programs cannot show the fault for wrong ones.
func TestCredentialsAreDocumented(t *testing.T) {
	t.Parallel()
	builds := clientFiles(t, "build")
	require.NotEmpty(t, builds)
	var forms, hidden []string
	for _, build := range builds {
		name := clientName(build)
		list := readForms(t, filepath.Join(filepath.Dir(build), "credentials"))
		assert.NotEmpty(t, list, "%s needs a file named credentials", name)
		var names []string
		for _, f := range list {
			names = append(names, "`"+f.name+"`")
			if f.hide != "" {
				hidden = append(hidden, fmt.Sprintf("| `%s` | `%s` | %s |", name, f.name, f.hide))
			}
		}
		forms = append(forms, fmt.Sprintf("| `%s` | %s |", name, strings.Join(names, ", ")))
	}
	page, err := os.ReadFile("../../../docs/clients.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(page), "\n## Credentials\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| `") {
			documented = append(documented, strings.TrimSpace(line))
		}
	}
	assert.Equal(t, slices.Concat(forms, hidden), documented, "the tables in docs/clients.md, in the order of the names")
}
