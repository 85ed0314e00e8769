package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a terminal with a person before it.
type terminal struct {
	person, program *os.File

	mu   sync.Mutex
	seen bytes.Buffer
}

// newTerminal opens a pseudo-terminal, pts(4).
func newTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	var number int
	control(t, person, func(fd int) (err error) {
		if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	program, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	tty := &terminal{person: person, program: program}
	var reading sync.WaitGroup
	reading.Go(func() {
		buffer := make([]byte, 1024)
		for {
			n, err := person.Read(buffer)
			if err != nil {
				return // closed
			}
			tty.mu.Lock()
			tty.seen.Write(buffer[:n])
			tty.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		assert.NoError(t, person.Close())
		assert.NoError(t, program.Close())
		reading.Wait()
	})
	return tty
}

// control calls do with the descriptor of a file, without making it blocking.
func control(t *testing.T, file *os.File, do func(fd int) error) {
	t.Helper()
	raw, err := file.SyscallConn()
	require.NoError(t, err)
	var failed error
	require.NoError(t, raw.Control(func(fd uintptr) { failed = do(int(fd)) }))
	require.NoError(t, failed)
}

// shown returns what the terminal shows.
func (tty *terminal) shown() string {
	tty.mu.Lock()
	defer tty.mu.Unlock()
	return tty.seen.String()
}

// answer waits for a question and types an answer.
func (tty *terminal) answer(t *testing.T, question, answer string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.HasSuffix(tty.shown(), question) }, time.Minute, 10*time.Millisecond, question)
	_, err := tty.person.WriteString(answer)
	require.NoError(t, err)
}

// echoes reports whether the terminal shows what is typed.
func (tty *terminal) echoes(t *testing.T) bool {
	t.Helper()
	var flags uint32
	control(t, tty.program, func(fd int) error {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			flags = settings.Lflag
		}
		return err
	})
	return flags&unix.ECHO != 0
}

// start runs the program on the terminal.
func (tty *terminal) start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(program(t), args...)
	command.Stdin, command.Stdout, command.Stderr = tty.program, tty.program, tty.program
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true} // so that Ctrl-C could send a signal
	require.NoError(t, command.Start())
	return command
}

// TestPrompt: on a terminal a password is asked for twice and not shown.
func TestPrompt(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "callers.yaml")
	tty := newTerminal(t)
	command := tty.start(t, "auth", "add", "--file", path, "portal", "--roles=read", "--password-stdin")
	tty.answer(t, "Password of portal: ", longPassword+"\r")
	tty.answer(t, "The same again: ", longPassword+"\r")
	require.NoError(t, command.Wait())
	require.Eventually(t, func() bool { return strings.Contains(tty.shown(), "added\r\n") }, time.Minute, 10*time.Millisecond)
	assert.NotContains(t, tty.shown(), longPassword)
	assert.True(t, tty.echoes(t))
	assert.FileExists(t, path)
}

func TestPromptRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ first, again, want string }{
		"another one": {longPassword + "\r", "correct horse\r", "the two are not the same"},
		"nothing":     {"\r", "", "the password is empty"},
		"Ctrl-C":      {"secret\x03", "", "interrupted"},
		"Ctrl-D":      {"\x04", "", "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "callers.yaml")
			tty := newTerminal(t)
			command := tty.start(t, "auth", "add", "--file", path, "portal", "--roles=read", "--password-stdin")
			tty.answer(t, "Password of portal: ", tt.first)
			if tt.again != "" {
				tty.answer(t, "The same again: ", tt.again)
			}
			var exit *exec.ExitError
			require.ErrorAs(t, command.Wait(), &exit)
			require.Eventually(t, func() bool { return strings.Contains(tty.shown(), "memcachedsoap: "+tt.want+"\r\n") }, time.Minute, 10*time.Millisecond)
			assert.True(t, tty.echoes(t), "the terminal is as before")
			assert.NoFileExists(t, path)
		})
	}
}

// TestPromptAndSignals: a signal from elsewhere leaves the terminal as it was, also
// if a second one ends the program at once.
func TestPromptAndSignals(t *testing.T) {
	t.Parallel()
	tty := newTerminal(t)
	command := tty.start(t, "auth", "add", "--file", filepath.Join(t.TempDir(), "callers.yaml"), "portal", "--roles=read", "--password-stdin")
	tty.answer(t, "Password of portal: ", "")
	require.Eventually(t, func() bool { return !tty.echoes(t) }, time.Minute, 10*time.Millisecond)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return tty.echoes(t) }, time.Minute, 10*time.Millisecond)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	var exit *exec.ExitError
	require.ErrorAs(t, command.Wait(), &exit)
	assert.Equal(t, 143, exit.ExitCode())
	assert.True(t, tty.echoes(t))
}
