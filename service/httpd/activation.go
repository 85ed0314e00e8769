package httpd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/coreos/go-systemd/v22/activation"
)

// systemdAddress is the address of the sockets that systemd has opened for the
// process. With a colon and a name it is those whose FileDescriptorName is the name.
const systemdAddress = "systemd"

// IsSystemd reports whether an address stands for sockets that systemd has opened.
func IsSystemd(address string) bool {
	return address == systemdAddress || strings.HasPrefix(address, systemdAddress+":")
}

// Sockets are the sockets that systemd has opened for this process (sd_listen_fds(3)).
// They stay open in systemd when the process ends, so that no connection is refused
// while another process takes its place.
type Sockets struct {
	files []*os.File
	named []string // addresses that name their sockets
}

// InheritedSockets returns the sockets, once: then the environment does not have them
// any more. addresses are all those for which they are.
func InheritedSockets(addresses ...string) *Sockets {
	s := &Sockets{named: slices.DeleteFunc(slices.Clone(addresses), func(a string) bool { return a == systemdAddress })}
	if slices.ContainsFunc(addresses, IsSystemd) {
		s.files = activation.Files(true)
	}
	return s
}

// Listen returns the listeners of an address for which [IsSystemd] is true: systemd:NAME
// has the sockets of that name, systemd those that no other address names.
func (s *Sockets) Listen(address string, limits Limits) ([]net.Listener, error) {
	var found []net.Listener
	var rest []*os.File
	for _, file := range s.files {
		if !s.belongs(file.Name(), address) {
			rest = append(rest, file)
			continue
		}
		l, err := inherit(file, limits)
		if err != nil {
			return nil, errors.Join(err, closeListeners(found))
		}
		found = append(found, l)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("httpd: systemd has passed no socket for %q%s: start the service by its .socket unit", address, s.names())
	}
	s.files = rest
	return found, nil
}

// belongs reports whether a socket is one of an address.
func (s *Sockets) belongs(name, address string) bool {
	own := systemdAddress + ":" + name
	if address == systemdAddress {
		return !slices.Contains(s.named, own)
	}
	return address == own
}

// names says which sockets there are, for an error.
func (s *Sockets) names() string {
	if len(s.files) == 0 {
		return ""
	}
	names := make([]string, len(s.files))
	for i, file := range s.files {
		names[i] = file.Name()
	}
	return ", only " + strings.Join(names, ", ")
}

// Close closes the sockets that no address has. It returns an error if there are any:
// clients would wait there for an answer.
func (s *Sockets) Close() error {
	if len(s.files) == 0 {
		return nil
	}
	err := fmt.Errorf("httpd: systemd has passed sockets that no address names: %s", strings.TrimPrefix(s.names(), ", only "))
	for _, file := range s.files {
		err = errors.Join(err, file.Close())
	}
	s.files = nil
	return err
}

// inherit makes a listener of a socket.
func inherit(file *os.File, limits Limits) (net.Listener, error) {
	defer file.Close() //nolint:errcheck // the listener has a duplicate
	if !accepts(file) {
		return nil, fmt.Errorf("httpd: the socket %s of systemd does not listen: use ListenStream= and no Accept=yes", file.Name())
	}
	l, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("httpd: the socket %s of systemd: %w", file.Name(), err)
	}
	own := newListener(l, limits)
	own.shared = true
	return own, nil
}

func closeListeners(listeners []net.Listener) error {
	var err error
	for _, l := range listeners {
		err = errors.Join(err, l.Close())
	}
	return err
}
