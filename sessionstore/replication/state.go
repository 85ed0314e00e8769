package replication

import "time"

// State is what a [Replicator] is doing.
type State struct {
	// Active says that this replicator copies, StandsBy that another one does. At the
	// start, and while no server is reached, it is neither.
	Active, StandsBy bool
	// Equal says that each server has what the others have, but for what is being
	// copied at this moment.
	Equal bool
	// Waiting is how many changed keys are still to be looked at, and Lag is how long
	// the first of them has been waiting.
	Waiting int
	Lag     time.Duration
	// Compared is when the last complete comparison began; zero if there was none.
	Compared time.Time
	Servers  []ServerState // those of From, then those of To
}

// ServerState is the state of one server.
type ServerState struct {
	Side     string // "from" or "to"
	Server   string // as configured
	Reached  bool   // it answers
	Followed bool   // its change stream is connected
	Equal    bool   // as in [backend.ReplicaMark]
	Reason   string // why it is not equal, for people; else ""
}

// Result is what [Replicator.Once] has done.
type Result struct {
	Compared                int64 // items that were compared
	Copied, Removed, Merged int64
	Failed, TooLarge        int64 // items that could not be made equal
}
