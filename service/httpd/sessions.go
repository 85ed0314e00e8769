package httpd

import (
	"regexp"
	"slices"
	"strings"
)

// SessionsPath is where LemonLDAP::NG keeps its sessions. The paths below it have the ids
// of sessions.
const SessionsPath = "/sessions"

func isSessions(path string) bool {
	return path == SessionsPath || strings.HasPrefix(path, SessionsPath+"/")
}

// sessionTypes are the types of sessions of LemonLDAP::NG, as they are in paths.
func sessionTypes() []string {
	return []string{"global", "persistent", "saml", "cas", "oidc", "offline"}
}

// idInPath matches what may be the id of a session. It has at least shortestID bytes.
var idInPath = regexp.MustCompile(`[0-9A-Fa-f]{32,}`)

const shortestID = 32

// loggedPath returns a path for the log, which must show no id of a session: who knows
// one has the session. It does not depend on the options, because a program may ask
// another service than it should.
func loggedPath(path string) string {
	if path == EndpointPath || path == CGIPath {
		return path
	}
	if before, below, found := strings.Cut(path, ConsolePath+"/"); found {
		return loggedPath(before) + ConsolePath + consoleRoute(below)
	}
	before, below, found := strings.Cut(path, SessionsPath) // a proxy may pass on a path before it
	if len(before) >= shortestID {
		before = idInPath.ReplaceAllString(before, "ID")
	}
	if !found {
		return before
	}
	parts := strings.FieldsFunc(below, func(r rune) bool { return r == '/' })
	route := []string{"/TYPE", "/ID", "/KEY"}
	if len(parts) > 0 && slices.Contains(sessionTypes(), parts[0]) {
		route[0] = "/" + parts[0]
	}
	return before + SessionsPath + strings.Join(route[:min(len(parts), len(route))], "")
}
