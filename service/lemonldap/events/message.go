package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Channel is the channel of LemonLDAP::NG's events (its setting eventQueueName).
const Channel = "llng_events"

// maxMessage is the most bytes of a message. The client of LemonLDAP::NG dies of a
// frame above 64 KiB.
const maxMessage = 64 << 10

// channelName matches the names of channels.
var channelName = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,64}$`)

// message is a JSON object on a channel. It is one line of ASCII, because the client of
// LemonLDAP::NG takes nothing else for a message, and decodes UTF-8 twice.
type message struct {
	channel string
	body    string // without the member "channel", which Redis needs not
	unlog   string // the id of the session that it ends; "" if it is no unlog message
	at      time.Time

	position int64 // in the hub
}

var (
	errNotObject = errors.New("events: the message is no JSON object")
	errNoChannel = errors.New("events: the member channel of the message is no name of a channel")
	errTooLong   = errors.New("events: the message is too long")
)

// fromLatin1 returns a text in UTF-8. The client of LemonLDAP::NG sends one with accents in
// ISO 8859-1.
func fromLatin1(text []byte) []byte {
	runes := make([]rune, len(text))
	for i, b := range text {
		runes[i] = rune(b)
	}
	return []byte(string(runes))
}

// unlogMessage returns the message that a session was deleted.
func unlogMessage(id string) message {
	return message{channel: Channel, body: fmt.Sprintf(`{"action":"unlog","id":"%s"}`, id), unlog: id, at: time.Now()}
}

// parseMessage reads a message. With channel "" its member "channel" names the channel.
func parseMessage(channel string, text []byte) (message, error) {
	if !utf8.Valid(text) {
		text = fromLatin1(text)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return message{}, errNotObject
	}
	if channel == "" && json.Unmarshal(members["channel"], &channel) != nil || !channelName.MatchString(channel) {
		return message{}, errNoChannel
	}
	delete(members, "channel")
	body, err := json.Marshal(members) // in the order of the names, without blanks
	if err != nil {
		return message{}, errNotObject
	}
	m := message{channel: channel, body: asciiJSON(string(body)), at: time.Now()}
	if len(m.web()) > maxMessage {
		return message{}, errTooLong
	}
	var event struct{ Action, ID string }
	if channel == Channel && json.Unmarshal(body, &event) == nil && event.Action == "unlog" {
		m.unlog = event.ID
	}
	return m, nil
}

// web returns the message as subscribers get it: they find the channel in it.
func (m message) web() string {
	head := `{"channel":"` + m.channel + `"`
	if m.body == "{}" {
		return head + "}"
	}
	return head + "," + m.body[1:]
}

// asciiJSON escapes what is not ASCII in a JSON text: that is in strings only.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
