package service_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// Each operation needs its roles, and only these. A caller that lacks one changes and
// learns nothing.
func TestRoles(t *testing.T) {
	t.Parallel()
	operations := map[string]struct {
		roles access.Role
		call  func(ctx context.Context, s *service.Service) error
	}{
		"status": {0, func(ctx context.Context, s *service.Service) error {
			_, err := s.Status(ctx)
			return err
		}},
		"a call that touches no session": {access.Find, func(ctx context.Context, s *service.Service) error {
			return s.Permit(ctx, access.Find)
		}},
		"getSession": {access.Read, func(ctx context.Context, s *service.Service) error {
			_, err := s.GetSession(ctx, "ab12")
			return err
		}},
		"getSessions": {access.Read, func(ctx context.Context, s *service.Service) error {
			_, err := s.GetSessions(ctx, []string{"ab12"}, 0)
			return err
		}},
		"setSession": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.SetSession(ctx, "", attributes(), 0, sessionstore.If{})
			return err
		}},
		"setSession with an id": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.SetSession(ctx, "cd34", attributes(), 0, sessionstore.If{})
			return err
		}},
		"setSession of Perl": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.ReplaceSession(ctx, "cd34", attributes(), 0, sessionstore.If{})
			return err
		}},
		"create on get": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.NewSession(ctx)
			return err
		}},
		"updateSession": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.UpdateSession(ctx, "ab12", sessionstore.Change{}, sessionstore.DefaultTTL)
			return err
		}},
		"touchSession": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.TouchSession(ctx, "ab12", time.Minute)
			return err
		}},
		"renameSession": {access.Write | access.Delete, func(ctx context.Context, s *service.Service) error {
			_, err := s.RenameSession(ctx, "ab12", "cd34", "")
			return err
		}},
		"new id of any type": {access.Find | access.Read | access.Write | access.Delete, func(ctx context.Context, s *service.Service) error {
			_, err := s.RenumberSession(ctx, "ab12")
			return err
		}},
		"renameSession, refused by a dialect": {access.Write | access.Delete, func(ctx context.Context, s *service.Service) error {
			return s.Refuse(ctx, "renameSession", access.Write|access.Delete, &sessionstore.InvalidIDError{})
		}},
		"deleteSession": {access.Delete, func(ctx context.Context, s *service.Service) error {
			_, err := s.DeleteSession(ctx, "ab12", "")
			return err
		}},
		"findSessions": {access.Find, func(ctx context.Context, s *service.Service) error {
			_, err := s.FindSessions(ctx, "dwho", "")
			return err
		}},
		"deleteSessions": {access.Find | access.Delete, func(ctx context.Context, s *service.Service) error {
			_, err := s.DeleteSessions(ctx, "dwho", "")
			return err
		}},
		"read of any type": {access.Read, func(ctx context.Context, s *service.Service) error {
			_, err := s.ReadTyped(ctx, "ab12")
			return err
		}},
		"rewrite": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, _, err := s.RewriteSession(ctx, "updateSession", "cd34", func(*perldata.Hash) (sessionstore.Rewritten, error) {
				return sessionstore.Rewritten{Attributes: attributes()}, nil
			})
			return err
		}},
		"create of a type": {access.Write, func(ctx context.Context, s *service.Service) error {
			_, err := s.CreateTyped(ctx, "saml", attributes(), time.Hour)
			return err
		}},
		"delete of any type": {access.Delete, func(ctx context.Context, s *service.Service) error {
			_, err := s.DeleteTyped(ctx, "ab12")
			return err
		}},
		"list": {access.Find, func(ctx context.Context, s *service.Service) error {
			return s.EachSession(ctx, "", func(sessionstore.ID, sessionstore.Session) error { return nil })
		}},
		"find in a type": {access.Find, func(ctx context.Context, s *service.Service) error {
			return s.FindEach(ctx, "saml", "", "dwho", nil)
		}},
		"stats": {access.Stats, func(ctx context.Context, s *service.Service) error {
			_, err := s.Stats(ctx)
			return err
		}},
	}
	for _, name := range access.RoleNames() {
		role, _ := access.ParseRole(name)
		ctx := contextOf(t, "roles: ["+name+"]")
		for operation, o := range operations {
			s, _ := newService(t)
			_, err := s.SetSession(t.Context(), "ab12", attributes(), 0, sessionstore.If{})
			require.NoError(t, err)
			err = o.call(ctx, s)
			missing := o.roles &^ role
			denied, is := errors.AsType[*access.DeniedError](err)
			require.Equal(t, missing != 0, is, "%s with the role %s: %v", operation, name, err)
			if !is {
				continue
			}
			assert.Equal(t, access.DeniedError{Caller: "a", Missing: missing}, *denied)
			_, err = s.GetSession(t.Context(), "ab12")
			require.NoError(t, err, "%s with the role %s has changed the session", operation, name)
			_, err = s.GetSession(t.Context(), "cd34")
			require.Error(t, err, "%s with the role %s has stored a session", operation, name)
		}
	}
	nobody := access.NewGuard(new(access.File), access.Options{}).Begin(t.Context(), access.Sent{})
	for operation, o := range operations {
		s, _ := newService(t)
		require.ErrorAs(t, o.call(nobody, s), new(*access.UnauthenticatedError), operation)
	}
}

// contextOf returns the context of a request of a caller with these fields.
func contextOf(tb testing.TB, fields string) context.Context {
	tb.Helper()
	file, err := access.ParseFile([]byte("callers: [{name: a, addresses: [192.0.2.1], " + fields + "}]"))
	require.NoError(tb, err)
	ctx := access.NewGuard(file, access.Options{}).Begin(context.Background(), access.Sent{Address: netip.MustParseAddr("192.0.2.1")})
	require.NoError(tb, access.Authenticate(ctx))
	return ctx
}

// The fault says which role is missing, and how long to wait.
func TestFaultsOfAccess(t *testing.T) {
	t.Parallel()
	fault := service.FaultOf(&access.DeniedError{Caller: "secret", Missing: access.Find})
	assert.Equal(t, service.BlameCaller, fault.Blame)
	assert.Contains(t, fault.Reason, "Access denied: this operation needs the role find,")
	assert.NotContains(t, fault.Reason, "secret")
	fault = service.FaultOf(&access.UnauthenticatedError{Refusal: access.TooManyAttempts, Caller: "secret", RetryAfter: 1500 * time.Millisecond})
	assert.Equal(t, "Too many wrong passwords of this caller came from this address. Retry in 2 seconds.", fault.Reason)
	assert.Equal(t, 1500*time.Millisecond, fault.RetryAfter)
	reasons := map[string]bool{}
	for refusal := access.NoCredentials; refusal <= access.TooManyAttempts; refusal++ {
		reasons[service.FaultOf(&access.UnauthenticatedError{Refusal: refusal}).Reason] = true
	}
	assert.Len(t, reasons, 5)
}
