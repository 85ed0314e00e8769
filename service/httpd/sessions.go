package httpd

import "strings"

// SessionsPath is where LemonLDAP::NG keeps its sessions. The paths below it have the ids
// of sessions.
const SessionsPath = "/sessions"

// loggedPath returns the path of a request as the log may have it: without the id of a
// session, which is a credential.
func (s *Server) loggedPath(path string) string {
	if s.options.Sessions == nil {
		return path
	}
	before, _, found := strings.Cut(path, SessionsPath)
	if !found {
		return path
	}
	return before + SessionsPath
}
