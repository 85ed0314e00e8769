package live

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Peer is an instance on the servers of this one, or this one itself.
type Peer struct {
	Command, Host, Version, Started string
	Self                            bool
	Seen                            string
	Servers                         string
	Placement, Settings             string // fingerprints
	// Differences say how it differs from this one: "" if it does not.
	Differences string
}

// Replicator is a process that keeps pools equal.
type Replicator struct {
	Host, State    string
	Equal          bool
	Waiting, Lag   string
	Compared, Seen string
	Metrics        string // where its metrics are
}

// peers returns this instance and the others, and whether one of them differs.
func peers(self Instance, others []Neighbour, now time.Time) (peers []Peer, differs bool) {
	peers = []Peer{peerOf(self)}
	peers[0].Self, peers[0].Seen = true, "this instance"
	others = slices.SortedFunc(slices.Values(others), func(a, b Neighbour) int {
		return cmp.Or(cmp.Compare(a.Command, b.Command), cmp.Compare(a.Host, b.Host), cmp.Compare(a.PID, b.PID))
	})
	for _, other := range others {
		one := peerOf(other.Instance)
		one.Seen = age(now.Sub(other.Seen)) + " ago"
		one.Servers = strings.Join(other.Servers, ", ")
		one.Differences = differences(self, other.Instance)
		differs = differs || one.Differences != ""
		peers = append(peers, one)
	}
	return peers, differs
}

func peerOf(i Instance) Peer {
	return Peer{
		Command: i.Command, Host: i.Host + " (process " + strconv.Itoa(i.PID) + ")", Version: i.Version,
		Started: moment(time.Unix(i.Started, 0)), Placement: i.Placement, Settings: i.fingerprint(),
	}
}

// fingerprint returns one fingerprint of all settings, "" if the process tells none.
func (i Instance) fingerprint() string {
	if len(i.Settings) == 0 {
		return ""
	}
	sum := sha256.New()
	for _, group := range slices.Sorted(maps.Keys(i.Settings)) {
		sum.Write([]byte(group + "=" + i.Settings[group] + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:4])
}

// differences says how another process differs from this one. One that replicates has
// other settings.
func differences(self, other Instance) string {
	var found []string
	if self.Placement != "" && other.Placement != "" && self.Placement != other.Placement {
		found = append(found, "the placement of keys")
	}
	if self.Version != other.Version {
		found = append(found, "the version")
	}
	if other.Command == self.Command {
		for _, group := range slices.Sorted(maps.Keys(self.Settings)) {
			if theirs, known := other.Settings[group]; known && theirs != self.Settings[group] {
				found = append(found, "settings of "+group)
			}
		}
	}
	return strings.Join(found, ", ")
}

// replicators returns the processes that keep pools equal.
func replicators(others []Neighbour, now time.Time) (replicators []Replicator) {
	for _, other := range others {
		r := other.Replication
		if r == nil {
			continue
		}
		one := Replicator{Host: other.Host + " (process " + strconv.Itoa(other.PID) + ")", Metrics: r.MetricsAt, Equal: r.Equal, Seen: age(now.Sub(other.Seen)) + " ago"}
		switch {
		case !r.Active:
			one.State, one.Waiting, one.Lag, one.Compared = "stands by, or starts", unknown, unknown, unknown
		case r.Equal:
			one.State = "the pools are equal"
		default:
			one.State = "the pools are not equal"
		}
		if r.Active {
			one.Waiting, one.Lag, one.Compared = number(float64(r.Waiting)), duration(r.Lag.Seconds()), "never"
			if r.Compared > 0 {
				one.Compared = moment(time.Unix(r.Compared, 0))
			}
		}
		replicators = append(replicators, one)
	}
	return replicators
}
