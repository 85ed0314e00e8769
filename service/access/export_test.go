package access

// Clients returns how many clients' guesses a guard counts.
func Clients(g *Guard) int {
	g.attempts.mu.Lock()
	defer g.attempts.mu.Unlock()
	return g.attempts.order.Len()
}
