package httpd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const unixScheme = "unix:"

// socket is the address of a unix socket.
type socket struct {
	path  string
	mode  fs.FileMode
	group int // -1: that of the process
}

// parseSocket parses PATH?mode=0660&group=NAME.
func parseSocket(text string) (socket, error) {
	path, query, _ := strings.Cut(text, "?")
	// The folder decides who may connect, as for the sockets of web servers.
	s := socket{path: path, mode: 0o666, group: -1}
	if path == "" {
		return s, errors.New("httpd: a unix socket needs a path: unix:PATH")
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return s, fmt.Errorf("httpd: unix:%s: %w", text, err)
	}
	for name, values := range options {
		switch {
		case name != "mode" && name != "group":
			return s, fmt.Errorf("httpd: unix:%s: %q is not an option of a unix socket: use mode and group, as in unix:PATH?mode=0660&group=www-data", text, name)
		case len(values) > 1:
			return s, fmt.Errorf("httpd: unix:%s: %s is given twice", text, name)
		}
	}
	if options.Has("mode") {
		mode, err := strconv.ParseUint(options.Get("mode"), 8, 32)
		if err != nil || mode == 0 || mode > 0o777 || len(options.Get("mode")) > 4 {
			return s, fmt.Errorf("httpd: unix:%s: the mode %q must be octal, from 0001 to 0777, such as 0660", text, options.Get("mode"))
		}
		s.mode = fs.FileMode(mode)
	}
	if options.Has("group") {
		if s.group, err = groupID(options.Get("group")); err != nil {
			return s, fmt.Errorf("httpd: unix:%s: %w", text, err)
		}
	}
	return s, nil
}

// groupID returns the number of a group: the text is its name or the number.
func groupID(text string) (int, error) {
	if g, err := user.LookupGroup(text); err == nil {
		text = g.Gid
	}
	id, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return -1, fmt.Errorf("the group %q does not exist on this machine", text)
	}
	return int(id), nil
}

// listen creates the socket. Nobody can connect before it has its mode and its group:
// the umask creates it with its mode, or with none if its group must be set first.
func (s socket) listen(ctx context.Context) (net.Listener, error) {
	if err := removeStale(ctx, s.path); err != nil {
		return nil, err
	}
	var l net.Listener
	var err error
	withUmask(s.umask(), func() { l, err = new(net.ListenConfig).Listen(ctx, "unix", s.path) })
	if err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	if s.group < 0 {
		return l, nil
	}
	if err = os.Lchown(s.path, -1, s.group); err == nil {
		err = os.Chmod(s.path, s.mode)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("httpd: %w", err), l.Close())
	}
	return l, nil
}

// umask returns the umask with which the socket is created.
func (s socket) umask() int {
	if s.group >= 0 {
		return 0o777 // until it has its group
	}
	return 0o777 &^ int(s.mode.Perm())
}

// removeStale removes a socket on which no process listens.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("httpd: %s exists and is not a socket", path)
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("httpd: another process listens on %s", path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("httpd: %w", err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("httpd: %w", err)
	}
	return nil
}
