package live

import (
	"encoding/json"
	"os"
	"time"
)

// Instance is what a process says of itself to the others on its servers. It has no
// secrets.
type Instance struct {
	Command string `json:"command"` // "serve" or "replicate"
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Version string `json:"version"`
	Started int64  `json:"started"` // in seconds of Unix time, by its own clock
	// Placement is a fingerprint of where it places keys. Instances that share servers
	// must have the same.
	Placement string `json:"placement,omitempty"`
	// Settings are fingerprints of its settings, by group. Those of instances with equal
	// settings are equal.
	Settings map[string]string `json:"settings,omitempty"`
	// Replication is what a process that replicates is doing; nil for others.
	Replication *Replication `json:"replication,omitempty"`
}

// Replication is what a process that replicates is doing.
type Replication struct {
	Active    bool          `json:"active"` // it copies; else it stands by
	Equal     bool          `json:"equal"`  // the pools are equal, but for what is being copied
	Waiting   int           `json:"waiting"`
	Lag       time.Duration `json:"lag"`
	Compared  int64         `json:"compared"`          // when the last complete comparison began; 0: never
	MetricsAt string        `json:"metrics,omitempty"` // its --metrics-listen
}

// Self returns what is the same for all instances of a command on this machine.
func Self(command, version string, started time.Time) Instance {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Instance{Command: command, Host: bounded(host), PID: os.Getpid(), Version: bounded(version), Started: started.Unix()}
}

// String returns the form in which a process tells it: one line.
func (i Instance) String() string {
	text, err := json.Marshal(i)
	if err != nil {
		return "" // it cannot be: all its fields have forms in JSON
	}
	return string(text)
}

// ParseInstance undoes String. It reports false for what no process of this program
// tells, or one of another version.
func ParseInstance(text string) (i Instance, ok bool) {
	if json.Unmarshal([]byte(text), &i) != nil || i.Command == "" {
		return Instance{}, false
	}
	i.Command, i.Host, i.Version, i.Placement = bounded(i.Command), bounded(i.Host), bounded(i.Version), bounded(i.Placement)
	if i.Replication != nil {
		i.Replication.MetricsAt = bounded(i.Replication.MetricsAt)
	}
	return i, true
}

// bounded shortens what a page shows of a text.
func bounded(text string) string { return text[:min(len(text), 64)] }
