//go:build interop

package lemonldap

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// oldest is the oldest version that a test can ask for.
const oldest = "2.0"

// version is a LemonLDAP::NG that is unpacked into a folder.
type version struct {
	number string // such as "2.16.1"
	folder string // in which usr/share/perl5 is
}

var versionNumber = regexp.MustCompile(`(?m)^our \$VERSION = '([0-9.]+)'`)

func readVersion(folder string) (version, error) {
	source, err := os.ReadFile(filepath.Join(folder, "usr/share/perl5/Lemonldap/NG/Portal.pm"))
	if err != nil {
		return version{}, err
	}
	number := versionNumber.FindSubmatch(source)
	if number == nil {
		return version{}, fmt.Errorf("%s has a portal without a version", folder)
	}
	return version{string(number[1]), folder}, nil
}

// atLeast reports whether the version is as new as another one.
func (v version) atLeast(other string) bool {
	return slices.Compare(parts(v.number), parts(other)) >= 0
}

// parts returns the numbers in a version number.
func parts(number string) []int {
	var list []int
	for text := range strings.SplitSeq(number, ".") {
		n, _ := strconv.Atoi(text) // digits, by the expression
		list = append(list, n)
	}
	return list
}

// share returns the path of what the packages put into /usr/share/lemonldap-ng.
func (v version) share(name string) string {
	return filepath.Join(v.folder, "usr/share/lemonldap-ng", name)
}

// environment returns the variables with which the version's programs find their
// modules, and the configuration in a file lemonldap-ng.ini. Modules in further folders
// are found first.
func (v version) environment(ini string, modules ...string) []string {
	path := slices.Concat(modules, []string{filepath.Join(v.folder, "usr/share/perl5")})
	return append(os.Environ(),
		"PERL5LIB="+strings.Join(path, ":"), "LLNG_DEFAULTCONFFILE="+ini, "LLNG_DEFAULTLOGGER=Lemonldap::NG::Common::Logger::Std",
		"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", "MODE=",
	)
}

// tool runs one of the command-line tools, with the configuration of an instance, and
// returns what it prints. The tool must succeed.
func (i *instance) tool(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	out, stderr, err := i.run(t, name, arguments...)
	require.NoError(t, err, "%s %v\n%s%s", name, arguments, out, stderr)
	return out
}

// run is tool for one that may fail. It also returns what the tool complains of: a REST
// client without a portal always does.
func (i *instance) run(t *testing.T, name string, arguments ...string) (stdout, stderr string, err error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "perl", append([]string{i.version.share(filepath.Join("bin", name))}, arguments...)...)
	command.Env, command.Dir = i.environment(), i.dir
	var complaints bytes.Buffer
	command.Stderr = &complaints
	out, err := command.Output()
	return string(out), complaints.String(), err
}
