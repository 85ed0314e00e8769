package backend

import "context"

// Health is the state of one server.
type Health struct {
	Server string // as configured; "" if the backend has only this process
	Err    error  // why it cannot be used, an [*UnavailableError]; nil if it can
	State  string // what its pool is and what is known of it, for people; may be ""
}

// HealthChecker is a [Backend] that knows the state of each server.
type HealthChecker interface {
	// Health asks every server whether it answers, and returns their states in
	// configured order.
	Health(ctx context.Context) []Health
}

// HealthOf returns the state of each server of a backend. A backend that is no
// [HealthChecker] has one state, that of [Backend.Ping].
func HealthOf(ctx context.Context, b Backend) []Health {
	if checker, ok := b.(HealthChecker); ok {
		return checker.Health(ctx)
	}
	return []Health{{Err: b.Ping(ctx)}}
}

// AvailabilityTeller is a [Backend] that knows, without asking, which keys
// belong to a server that is down.
type AvailabilityTeller interface {
	// Available says whether an item can be stored under key, as far as is
	// known at this moment.
	Available(key string) bool
}

// Available says whether an item can be stored under key, as far as the backend
// knows. A backend that is no [AvailabilityTeller] can store all keys.
func Available(b Backend, key string) bool {
	teller, ok := b.(AvailabilityTeller)
	return !ok || teller.Available(key)
}
