package dialect

import (
	"context"
	"errors"

	"memcachedsoap/service/access"
	"memcachedsoap/soap"
)

// Security finds the caller of a request by the Security header of its message, for
// [soap.Options]. A request that has no caller then is refused.
func Security(ctx context.Context, s *soap.Security) error {
	if s == nil {
		return access.Require(ctx, 0)
	}
	if t := s.Timestamp; t != nil {
		if err := access.CheckTimestamp(ctx, t.Created, t.Expires); err != nil {
			return securityFault(err)
		}
	}
	u := s.Username
	if u == nil {
		return access.Require(ctx, 0)
	}
	return securityFault(access.AuthenticateToken(ctx, access.Token{
		Name: u.Username, Password: u.Password, Digest: u.Digest, Nonce: u.Nonce, CreatedText: u.CreatedText, Created: u.Created,
	}))
}

// securityFault returns the fault with a code of WS-Security for an error of package
// access. HTTP's challenges cannot help a client whose message has the credentials.
func securityFault(err error) error {
	e, ok := errors.AsType[*access.UnauthenticatedError](err)
	if !ok || e.Refusal == access.TooManyNonces {
		return err
	}
	code := soap.FailedAuthentication
	if e.Refusal == access.Expired {
		code = soap.MessageExpired
	}
	f := FaultOf(err)
	fault := soap.SecurityFault(code, f.Reason)
	fault.RetryAfter, fault.Err = f.RetryAfter, err
	return fault
}
