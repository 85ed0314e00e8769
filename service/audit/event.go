package audit

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// Event is a call that the audit log has a line for.
type Event struct {
	RequestID string // of the HTTP request
	Caller    string // its name in the auth file; "" if nobody is known
	Client    string // address of the client
	// Authentication says how the caller has proved who it is, such as "basic"; "" if
	// nobody is known.
	Authentication string
	Dialect        string
	Operation      string
	// Sessions are those that were changed, deleted or found.
	Sessions Sessions
	// By is the attribute by whose value sessions were looked for; "" if they were not.
	By string
	// Set and Removed are the attributes that a call names.
	Set, Removed Names
	// Shown are the attributes whose values a person has seen in the console.
	Shown Names
	// ExpiresIn is how long the session lives after the call: 0 means that it never
	// expires. nil if the call sets no time to live.
	ExpiresIn *time.Duration
	// Created says that the session is a new one.
	Created bool
	// Outcome is "ok" or the type of the fault. Reason says more of some types.
	Outcome, Reason string
	// Claimed is the caller that a request without a caller claims to be.
	Claimed string
}

// OK is the outcome of a call without a fault.
const OK = "ok"

// Bounds of a line. What is beyond them is counted.
const (
	MaxSessions = 100
	maxNames    = 32
	maxText     = 64 // bytes of a name, and of any other text from a request
)

// Sessions is a bounded list of fingerprints. Its zero value is no list.
type Sessions struct {
	fingerprints []string
	number       int
}

// SessionsOf returns a list that may be empty: of a call about several sessions.
// fingerprint returns that of one of n sessions.
func SessionsOf(n int, fingerprint func(i int) string) Sessions {
	s := Sessions{fingerprints: make([]string, 0, min(n, MaxSessions)), number: n}
	for i := range min(n, MaxSessions) {
		s.fingerprints = append(s.fingerprints, fingerprint(i))
	}
	return s
}

// Names is a bounded list of the names of attributes. Its zero value is empty.
type Names struct {
	list    []string
	leftOut int
}

// Add adds a name.
func (n *Names) Add(name string) {
	if len(n.list) == maxNames {
		n.leftOut++
		return
	}
	n.list = append(n.list, cut(name))
}

// cut bounds a text that a client has sent.
func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	text = text[:maxText]
	for !utf8.ValidString(text) && len(text) > maxText-utf8.UTFMax {
		text = text[:len(text)-1]
	}
	return text + "…"
}

// layout is RFC 3339 with a fraction, in UTC.
const layout = "2006-01-02T15:04:05.000000Z"

// line is an event as it is written.
type line struct {
	Time            string   `json:"time"`
	RequestID       string   `json:"request_id,omitempty"`
	Caller          *string  `json:"caller"`
	Claimed         string   `json:"claimed_caller,omitempty"`
	Client          string   `json:"client,omitempty"`
	Authentication  string   `json:"authentication,omitempty"`
	Dialect         string   `json:"dialect,omitempty"`
	Operation       string   `json:"operation,omitempty"`
	Outcome         string   `json:"outcome"`
	Reason          string   `json:"reason,omitempty"`
	By              string   `json:"by,omitempty"`
	Sessions        []string `json:"sessions,omitzero"`
	SessionsNumber  *int     `json:"sessions_number,omitempty"`
	Created         bool     `json:"created,omitempty"`
	Set             []string `json:"set,omitempty"`
	SetLeftOut      int      `json:"set_left_out,omitempty"`
	Removed         []string `json:"removed,omitempty"`
	RemovedLeftOut  int      `json:"removed_left_out,omitempty"`
	Shown           []string `json:"shown,omitempty"`
	ShownLeftOut    int      `json:"shown_left_out,omitempty"`
	TTL             *int64   `json:"ttl,omitempty"`
	Refusals        int      `json:"refusals,omitempty"`
	LinesNotWritten int64    `json:"lines_not_written,omitempty"`
}

// encode returns the line of an event with its line feed. refusals is how many
// refused calls it stands for; 0 if the call was not refused.
func (e *Event) encode(now time.Time, refusals int) []byte {
	l := line{
		Time: now.UTC().Format(layout), RequestID: cut(e.RequestID), Client: cut(e.Client),
		Authentication: e.Authentication, Dialect: e.Dialect, Operation: cut(e.Operation), Outcome: e.Outcome, Reason: e.Reason,
		Claimed: cut(e.Claimed), By: cut(e.By), Created: e.Created,
		Sessions: e.Sessions.fingerprints,
		Set:      e.Set.list, SetLeftOut: e.Set.leftOut, Removed: e.Removed.list, RemovedLeftOut: e.Removed.leftOut,
		Shown: e.Shown.list, ShownLeftOut: e.Shown.leftOut,
		Refusals: refusals,
	}
	if e.Caller != "" {
		name := cut(e.Caller)
		l.Caller = &name
	}
	if e.Sessions.fingerprints != nil {
		l.SessionsNumber = &e.Sessions.number
	}
	if e.ExpiresIn != nil {
		seconds := int64(*e.ExpiresIn / time.Second)
		l.TTL = &seconds
	}
	return l.encode()
}

func (l line) encode() []byte {
	text, err := json.Marshal(l)
	if err != nil {
		panic(err) // strings and numbers can always be written
	}
	return append(text, '\n')
}
