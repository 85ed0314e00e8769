package standby

import "time"

// LookingEvery returns options with which the marks of the servers are read more often.
func (o Options) LookingEvery(d time.Duration) Options {
	o.lookEvery = d
	return o
}
