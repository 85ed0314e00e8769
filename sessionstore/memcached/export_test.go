package memcached

// SharedReads returns options with which all reads share exchanges.
func SharedReads(o Options) Options {
	o.shareFrom = 1
	return o
}

// WaitingReads returns how many reads wait for a shared exchange.
func (b *Backend) WaitingReads() (n int) {
	for _, s := range b.servers {
		s.reads.mu.Lock()
		n += len(s.reads.waiting)
		s.reads.mu.Unlock()
	}
	return n
}

// SharedExchanges returns how many shared exchanges run.
func (b *Backend) SharedExchanges() (n int) {
	for _, s := range b.servers {
		s.reads.mu.Lock()
		n += s.reads.running
		s.reads.mu.Unlock()
	}
	return n
}
