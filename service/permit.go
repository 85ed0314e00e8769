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
