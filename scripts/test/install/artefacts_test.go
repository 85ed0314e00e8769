//go:build interop

package install

import (
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRelease: the release is complete, and its checksums are right.
func TestRelease(t *testing.T) {
	t.Parallel()
	sums := checksums(t, release)
	for name, sum := range sums {
		assert.Equal(t, checksum(t, filepath.Join(release, name)), sum, name)
	}
	for _, ending := range []string{
		"_linux_amd64", "_linux_amd64.tar.gz", "_linux_amd64.cdx.json", "_amd64.deb", ".x86_64.rpm",
		"_linux_arm64", "_linux_arm64.tar.gz", "_linux_arm64.cdx.json", "_arm64.deb", ".aarch64.rpm",
	} {
		assert.Contains(t, sums, filepath.Base(built(t, ending)))
	}
	assert.Len(t, sums, 10)
}

// TestPrograms: each program is for its processor, needs no library, and its SBOM has
// every module in it.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		name := built(t, "_linux_"+arch)
		program, err := elf.Open(name)
		require.NoError(t, err)
		assert.Equal(t, machine, program.Machine)
		libraries, err := program.ImportedLibraries()
		require.NoError(t, err)
		assert.Empty(t, libraries)
		require.NoError(t, program.Close())

		text, err := os.ReadFile(name + ".cdx.json")
		require.NoError(t, err)
		var bom struct {
			Metadata struct {
				Component struct{ Name, Version string }
			}
			Components []struct{ Name, Version string }
		}
		require.NoError(t, json.Unmarshal(text, &bom))
		assert.Equal(t, "memcachedsoap "+version(t), bom.Metadata.Component.Name+" "+bom.Metadata.Component.Version)
		var listed []string
		for _, c := range bom.Components {
			listed = append(listed, c.Name+" "+c.Version)
		}
		info, err := buildinfo.ReadFile(name)
		require.NoError(t, err)
		wanted := []string{"std " + info.GoVersion}
		for _, module := range info.Deps {
			wanted = append(wanted, module.Path+" "+module.Version)
		}
		assert.ElementsMatch(t, wanted, listed)
		copyright := output(t, exec.Command("tar", "--extract", "--gzip", "--to-stdout", "--wildcards", "--file="+name+".tar.gz", "*/copyright"))
		for _, module := range info.Deps {
			_, licence, found := strings.Cut(copyright, "\n==== "+module.Path+" "+module.Version+" ====\n\n")
			assert.True(t, found, module.Path)
			licence, _, _ = strings.Cut(licence, "\n==== ")
			assert.Regexp(t, `(?i)licen[cs]e|copyright`, licence, module.Path)
		}
	}
}

// TestReproducible: in another folder, with another umask, language and time zone the
// same commit gives the same bytes.
func TestReproducible(t *testing.T) {
	t.Parallel()
	sources, out := filepath.Join(t.TempDir(), "sources"), filepath.Join(t.TempDir(), "out")
	require.NoError(t, os.Mkdir(sources, 0o755)) //nolint:gosec // as git makes it
	output(t, exec.Command("sh", "-c", `tar --create --exclude=./build --directory="$0" . | tar --extract --directory="$1"`, root, sources))
	build := exec.Command("sh", "-c", "umask 077 && exec scripts/tools/packages")
	build.Dir = sources
	build.Env = append(os.Environ(), "ARCHITECTURES=amd64", "OUT="+out, "TZ=Asia/Tokyo", "LANG=de_DE.UTF-8", "GOFLAGS=")
	output(t, build)
	again := checksums(t, out)
	assert.Len(t, again, 5)
	first := checksums(t, release)
	for name, sum := range again {
		assert.Equal(t, first[name], sum, name)
	}
}

// TestRPM: the rpm has the same files as the deb, can be installed and removed, and rpm
// finds that everything is as in the package.
func TestRPM(t *testing.T) {
	t.Parallel()
	rpm := built(t, ".x86_64.rpm")
	output(t, exec.Command("rpm", "--checksig", "--nosignature", rpm))
	assert.Equal(t, filesOfDeb(t, built(t, "_amd64.deb")), filesOfRPM(t, rpm))
	assert.Equal(t, filesOfDeb(t, built(t, "_arm64.deb")), filesOfRPM(t, built(t, ".aarch64.rpm")))
	assert.Equal(t, "/etc/logrotate.d/memcachedsoap\n/etc/memcachedsoap/config.yaml\n/etc/memcachedsoap/replicate.yaml\n",
		output(t, exec.Command("rpm", "--query", "--configfiles", "--package", rpm)))

	s := newSystem(t)
	in := func(args ...string) string {
		return output(t, exec.Command("rpm", append([]string{"--root=" + s.dir}, args...)...))
	}
	in("--initdb")
	in("--install", "--nodeps", rpm)
	assert.Contains(t, s.run(t, "getent", "passwd", "memcachedsoap"), "/usr/sbin/nologin")
	assert.Equal(t, "disabled\ndisabled\ndisabled\n", s.enabled(t))
	assert.Empty(t, in("--verify", "--nodeps", "memcachedsoap"))
	assert.Contains(t, s.run(t, "memcachedsoap", "version"), "memcachedsoap ")
	s.run(t, "systemctl", "enable", "memcachedsoap.service")
	s.write(t, config, "listen: ['127.0.0.1:0']\n")
	unit{s, "memcachedsoap.service"}.start(t).stop(t)
	in("--erase", "memcachedsoap")
	assert.NoFileExists(t, filepath.Join(s.dir, "/etc/systemd/system/multi-user.target.wants/memcachedsoap.service"))
	assert.NoFileExists(t, filepath.Join(s.dir, "/usr/bin/memcachedsoap"))
	assert.Equal(t, "listen: ['127.0.0.1:0']\n", s.read(t, config+".rpmsave"))
}

// filesOfDeb returns the mode, owner, size and name of each file of a deb.
func filesOfDeb(t *testing.T, deb string) []string {
	t.Helper()
	var files []string
	for line := range strings.Lines(output(t, exec.Command("dpkg-deb", "--contents", deb))) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "-") {
			files = append(files, fields[0]+" "+fields[1]+" "+fields[2]+" "+strings.TrimPrefix(fields[5], "."))
		}
	}
	require.NotEmpty(t, files)
	slices.Sort(files)
	return files
}

// filesOfRPM returns the same of an rpm.
func filesOfRPM(t *testing.T, rpm string) []string {
	t.Helper()
	const format = `[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILESIZES} %{FILENAMES}\n]`
	list := output(t, exec.Command("rpm", "--query", "--package", "--queryformat", format, rpm))
	files := regexp.MustCompile(`(?m)^-.*$`).FindAllString(list, -1)
	slices.Sort(files)
	return files
}
