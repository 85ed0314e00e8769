package service

import (
	"context"

	"memcachedsoap/service/access"
)

// Permit returns an error unless the caller of a context may make a call that needs
// roles. It is for calls that touch no session; they count as calls of the caller. The
// errors are those of [access.Require] and [access.SpendCall].
func (s *Service) Permit(ctx context.Context, roles access.Role) error {
	_, err := s.begin(ctx, "", roles)
	return err
}

// Refuse returns an error that a dialect has found in a call before the call has reached
// the service, unless the caller of the context may not make the call at all: the errors
// are those of [access.Require] and [access.SpendCall] then. The audit log has a line of
// the operation as if the service had found the error.
func (s *Service) Refuse(ctx context.Context, operation string, roles access.Role, refused error) error {
	line, err := s.begin(ctx, operation, roles)
	if err != nil {
		return err
	}
	defer line.write(ctx)
	return line.ended(refused)
}
