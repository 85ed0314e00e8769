package connect

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"memcachedsoap/sessionstore/memcached/selector"
)

// login is a user and a password.
type login struct{ user, password string }

// passwords are the logins by the addresses of servers. That of the empty address
// is for every other server.
type passwords map[string]login

// Bounds of a file with passwords. memcached reads no longer line.
const (
	maxPasswordLine  = 512
	maxPasswordLines = 10_000
)

// readPasswords reads a file with passwords: a line for all servers, and lines for
// single ones, whose addresses are written as in a list of servers. Lines that are
// empty or begin with # mean nothing. Without lines for single servers it has the
// form of memcached's own file (its option -Y).
//
//	USER:PASSWORD
//	HOST:PORT USER:PASSWORD
//
// Errors name the line, and nothing of what it says.
func readPasswords(path string) (passwords, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("the passwords of the servers: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	found := make(passwords)
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxPasswordLine)
	n := 1
	for ; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		server, l, problem := parsePassword(text)
		if _, twice := found[server]; twice && problem == "" {
			problem = "is the second one for the same server"
		}
		if n > maxPasswordLines {
			problem = "is one too many"
		}
		if problem != "" {
			return nil, fmt.Errorf("the passwords of the servers: %s, line %d: the line %s", path, n, problem)
		}
		found[server] = l
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("the passwords of the servers: %s, line %d: %w", path, n, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("the passwords of the servers: %s has no line USER:PASSWORD", path)
	}
	return found, nil
}

// parsePassword reads a line. problem says what is wrong with it.
func parsePassword(text string) (server string, l login, problem string) {
	fields := strings.Fields(text)
	if len(fields) > 2 { //nolint:mnd // server and login
		return "", l, "must be USER:PASSWORD or HOST:PORT USER:PASSWORD; neither may have blanks"
	}
	if len(fields) == 2 { //nolint:mnd // as above
		address, err := selector.ParseAddress(fields[0])
		if err != nil {
			return "", l, "names no server before the blank: use HOST:PORT"
		}
		server = address.String()
	}
	user, password, found := strings.Cut(fields[len(fields)-1], ":")
	if !found || user == "" || password == "" {
		return "", l, "must be USER:PASSWORD or HOST:PORT USER:PASSWORD, with a user and a password"
	}
	if strings.ContainsFunc(user+password, func(r rune) bool { return r < '!' || r == 0x7f }) {
		return "", l, "has a control character"
	}
	return server, login{user, password}, ""
}

// login returns the login of a server.
func (c *Connector) login(a selector.Address) (l login, found bool) {
	if c == nil || c.passwords == nil {
		return l, false
	}
	all := c.passwords.value()
	if l, found = all[a.String()]; !found {
		l, found = all[""]
	}
	return l, found
}
