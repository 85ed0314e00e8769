package replication

import "context"

// placing counts the keys on a server: those that the pool places there, and those
// that it places on another server of the pool. Programs that place keys otherwise do
// not find the copies, and the replicator does not find their sessions.
type placing struct{ right, wrong int64 }

func (p *placing) add(right bool) {
	if right {
		p.right++
	} else {
		p.wrong++
	}
}

// A pool that has got another list of servers keeps some keys of the old one until
// they expire. That many say that the settings are wrong.
const (
	leastWrong     = 10
	wrongOfHundred = 20
	hundred        = 100
)

// isWrong says whether the pool is likely to have the wrong settings.
func (p *placing) isWrong() bool {
	return p.wrong >= leastWrong && p.wrong*hundred >= (p.right+p.wrong)*wrongOfHundred
}

// notePlacing notes where the keys of a server lie. A scan that has failed has seen
// some of them.
func (s *server) notePlacing(found placing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.placing = found
}

// placing returns where the keys of a side lie.
func (sd *side) placing() (all placing) {
	for _, s := range sd.servers {
		s.mu.Lock()
		all.right += s.placing.right
		all.wrong += s.placing.wrong
		s.mu.Unlock()
	}
	return all
}

// warnOfPlacing logs when the settings of a side seem to be wrong, and when they do
// not any more.
func (r *Replicator) warnOfPlacing(ctx context.Context) {
	for _, sd := range r.sides {
		all := sd.placing()
		wrong := all.isWrong()
		switch {
		case wrong == sd.saidWrong:
		case wrong:
			r.log.ErrorContext(ctx, "keys are on other servers than the settings place them: give the pool the order, the weights "+
				"and the hash that its other programs have; or they are those of a former list, which expire",
				"pool", sd.name, "keys", all.right+all.wrong, "on_other_servers", all.wrong)
		default:
			r.log.InfoContext(ctx, "keys are on the servers on which the settings place them", "pool", sd.name, "keys", all.right+all.wrong)
		}
		sd.saidWrong = wrong
	}
}
