package httpd

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// speaksTLS is the answer to a client that speaks plain HTTP to an address for TLS.
const speaksTLS = "This address speaks TLS. Use a URL that begins with https://."

// answerPlain answers a client that speaks plain HTTP on a connection for TLS, and
// waits until it has read the answer. It does nothing and returns false if what the client has sent
// first is not the beginning of a request.
func answerPlain(c *conn, first [5]byte) bool {
	var body, mediaType string
	switch string(first[:]) {
	case "POST ":
		body, mediaType = string(fault("Client", speaksTLS)), faultType
	case "GET /", "HEAD ", "PUT /", "OPTIO", "PATCH", "DELET", "TRACE", "CONNE":
		body, mediaType = speaksTLS+"\n", "text/plain; charset=utf-8"
	default:
		return false
	}
	head := fmt.Sprintf("HTTP/1.1 400 Bad Request\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", mediaType, len(body))
	if strings.HasPrefix(string(first[:]), "HEAD") {
		body = ""
	}
	if _, err := io.WriteString(c, head+body); err != nil {
		return true
	}
	// Closing a connection with unread bytes resets it, and the client may lose the
	// answer. So it is closed after the client has read, or is silent.
	_ = c.CloseWrite() // without it the client sees the end a second later
	until := time.Now().Add(handshakeTimeout)
	buffer := make([]byte, 4<<10)
	for rest := maxUnread; rest > 0; {
		if c.SetReadDeadline(earlier(until, time.Now().Add(maxSilence))) != nil {
			return true
		}
		n, err := c.Read(buffer)
		if err != nil {
			return true
		}
		rest -= n
	}
	return true
}
