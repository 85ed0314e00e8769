package access

import (
	"context"
	"strings"
)

// MethodOf returns how the caller of a context has proved who it is: "basic", "bearer",
// "certificate", "ws-security" or "address". It is "" if no caller is known.
func MethodOf(ctx context.Context) string {
	r := of(ctx)
	switch {
	case r == nil || r.caller == nil:
		return ""
	case r.byAddress:
		return "address"
	case r.byToken:
		return "ws-security"
	case len(r.sent.Authorization) > 0:
		scheme, _, _ := strings.Cut(strings.Trim(r.sent.Authorization[0], " \t"), " ")
		return strings.ToLower(scheme) // one of two, or there would be no caller
	}
	return "certificate"
}
