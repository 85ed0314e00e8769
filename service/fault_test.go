package service_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

func TestFaultTable(t *testing.T) {
	tests := []struct {
		err    error
		blame  service.Blame
		detail string
		fields []service.Field
	}{
		{backend.ErrNotFound, service.BlameCaller, "SessionNotFoundFault", []service.Field{{Name: "id"}}},
		{
			&sessionstore.InvalidIDError{Text: "x", Reason: "r"}, service.BlameCaller, "InvalidSessionIdFault",
			[]service.Field{{Name: "id", Value: "x"}, {Name: "reason", Value: "r"}},
		},
		{
			&backend.TooLargeError{Limit: 1, Actual: 2}, service.BlameCaller, "PayloadTooLargeFault",
			[]service.Field{{Name: "limit", Value: "1"}, {Name: "actual", Value: "2"}},
		},
		{
			&sessionstore.UnreadableError{ID: "ab", Reason: "r", Err: errors.New("secret")}, service.BlameService, "UnreadableSessionFault",
			[]service.Field{{Name: "id", Value: "ab"}, {Name: "reason", Value: "r"}},
		},
		{
			&backend.UnavailableError{Reason: "r", RetryAfter: 1500 * time.Millisecond, Err: errors.New("secret")}, service.BlameService, "StoreUnavailableFault",
			[]service.Field{{Name: "reason", Value: "r"}, {Name: "retryAfter", Value: "2"}},
		},
		{&backend.UnavailableError{Reason: "r"}, service.BlameService, "StoreUnavailableFault", []service.Field{{Name: "reason", Value: "r"}}},
		{
			&backend.UnavailableError{Reason: "r", Unknown: true}, service.BlameService, "StoreUnavailableFault",
			[]service.Field{{Name: "reason", Value: "r; it is unknown whether the change was made"}},
		},
		{&sessionstore.ExistsError{ID: "ab"}, service.BlameCaller, "SessionExistsFault", []service.Field{{Name: "id", Value: "ab"}}},
		{sessionstore.ErrNewIDDeleted, service.BlameCaller, "SessionDeletedFault", []service.Field{{Name: "id"}}},
		{sessionstore.ErrDeleted, service.BlameCaller, "SessionDeletedFault", []service.Field{{Name: "id"}}},
		{
			&sessionstore.VersionConflictError{ID: "ab", Current: "v"}, service.BlameCaller, "VersionConflictFault",
			[]service.Field{{Name: "id", Value: "ab"}, {Name: "currentVersion", Value: "v"}},
		},
		{&sessionstore.VersionConflictError{ID: "ab"}, service.BlameCaller, "VersionConflictFault", []service.Field{{Name: "id", Value: "ab"}}},
		{
			&service.AnswerTooLargeError{Limit: 1, Actual: 2}, service.BlameCaller, "PayloadTooLargeFault",
			[]service.Field{{Name: "limit", Value: "1"}, {Name: "actual", Value: "2"}},
		},
		{&sessionstore.TooManyError{Limit: 1, Actual: 2}, service.BlameCaller, "", nil},
		{&sessionstore.UnknownPrincipalError{}, service.BlameCaller, "", nil},
		{&sessionstore.UnknownPrincipalError{Attribute: "secret"}, service.BlameCaller, "", nil},
		{&perldata.UnrepresentableError{Reason: "r"}, service.BlameCaller, "", nil},
		{&sessionstore.InvalidTTLError{TTL: -5 * time.Second}, service.BlameCaller, "", nil},
		{&sessionstore.InvalidLifetimeError{Lifetime: -5 * time.Second}, service.BlameCaller, "", nil},
	}
	for _, tt := range tests {
		err := fmt.Errorf("wrapped: %w", tt.err)
		f := service.FaultOf(err)
		require.NotNil(t, f, "%v", err)
		assert.Equal(t, tt.blame, f.Blame, "%v", err)
		assert.NotContains(t, f.Reason, "secret")
		assert.Equal(t, err, f.Err, "the cause is kept for the log")
		if down, ok := errors.AsType[*backend.UnavailableError](err); ok {
			assert.Equal(t, down.RetryAfter, f.RetryAfter)
		}
		assert.Equal(t, tt.detail, f.Type)
		assert.Equal(t, tt.fields, f.Fields)
		assert.NotContains(t, f.Reason, "{")
	}
	assert.Nil(t, service.FaultOf(errors.New("any other")))
}

func TestSentences(t *testing.T) {
	for err, want := range map[error]string{
		&sessionstore.InvalidIDError{Text: "x", Reason: "it is {limit}"}: "Invalid session ID: it is {limit}.",
		&backend.TooLargeError{Limit: 1, Actual: 2}:                      "The session needs 2 bytes; the store accepts at most 1. Nothing was changed. Store less in the session.",
		&backend.UnavailableError{Reason: "r", Unknown: true}:            "The sessions cannot be reached: r; it is unknown whether the change was made. Read the session before you repeat the change.",
		&backend.UnavailableError{Reason: "r"}:                           "The sessions cannot be reached: r. Retry later.",
	} {
		assert.Equal(t, want, service.FaultOf(err).Reason)
	}
	seen := map[string]bool{}
	for _, s := range service.Sentences() {
		assert.NotZero(t, s.Blame, s.Text)
		assert.Regexp(t, `^[A-Zip][^\n]+[.]$`, s.Text)
		assert.False(t, seen[s.Text], s.Text)
		seen[s.Text] = true
	}
}
