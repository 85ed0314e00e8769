package service

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"memcachedsoap/service/access"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/perldata"
)

// Blame says who has to correct what a fault reports.
type Blame uint8

// The sides that a fault can blame.
const (
	BlameCaller  Blame = iota + 1 // the call is wrong: a retry fails too
	BlameService                  // the call may be right: a retry may succeed
)

// Fault is what a client may know of an error. A dialect translates it into a
// message.
type Fault struct {
	Blame  Blame
	Reason string // what is wrong and what to do, for people
	// Type names the typed detail of the fault, for programs; "" if it has none.
	Type       string
	Fields     []Field       // of the typed detail
	RetryAfter time.Duration // until a retry may succeed; 0 means unknown
	Err        error         // the cause, for the log only
}

// Field is a value of a typed detail.
type Field struct {
	Name, Value string
}

// Sentence is a row of the table of faults.
type Sentence struct {
	Blame Blame
	Type  string // as in [Fault]
	// Text is the reason. Names in braces, such as {id}, stand for values; they are
	// the names of the fields if the fault has a type.
	Text string
}

// Sentences returns the table of faults: all that [FaultOf] makes.
func Sentences() []Sentence { return slices.Clone(table[:]) }

// FaultOf returns the fault for an error of a [Service]. It is nil for an error
// that is not in the table, about which a client must learn nothing.
func FaultOf(err error) *Fault {
	fault := faultOf(err)
	if fault == nil {
		fault = requestFault(err)
	}
	if fault == nil {
		fault = accessFault(err)
	}
	if fault != nil {
		fault.Err = err
	}
	return fault
}

// faultOf returns the fault with a type for an error, or nil.
func faultOf(err error) *Fault {
	if errors.Is(err, backend.ErrNotFound) {
		return notFound.fault(Field{"id", idOf(err)})
	}
	if errors.Is(err, sessionstore.ErrDeleted) {
		return deleted.fault(Field{"id", idOf(err)})
	}
	if e, ok := errors.AsType[*sessionstore.ExistsError](err); ok {
		return exists.fault(Field{"id", string(e.ID)})
	}
	if e, ok := errors.AsType[*sessionstore.VersionConflictError](err); ok {
		fields := []Field{{"id", string(e.ID)}}
		if e.Current != "" {
			fields = append(fields, Field{"currentVersion", e.Current})
		}
		return conflict.fault(fields...)
	}
	if e, ok := errors.AsType[*sessionstore.InvalidIDError](err); ok {
		return invalidID.fault(Field{"id", e.Text}, Field{"reason", e.Reason})
	}
	if e, ok := errors.AsType[*AnswerTooLargeError](err); ok {
		return answerTooLarge.fault(Field{"limit", decimal(e.Limit)}, Field{"actual", decimal(e.Actual)})
	}
	if e, ok := errors.AsType[*backend.TooLargeError](err); ok {
		return sessionTooLarge.fault(Field{"limit", decimal(e.Limit)}, Field{"actual", decimal(e.Actual)})
	}
	if e, ok := errors.AsType[*sessionstore.UnreadableError](err); ok {
		return unreadable.fault(Field{"id", string(e.ID)}, Field{"reason", e.Reason})
	}
	if e, ok := errors.AsType[*backend.UnavailableError](err); ok {
		return unavailableFault(e)
	}
	return nil
}

// requestFault returns the fault without a type for an error, or nil.
func requestFault(err error) *Fault {
	if e, ok := errors.AsType[*sessionstore.TooManyError](err); ok {
		return tooMany.fault(Field{"limit", strconv.Itoa(e.Limit)}, Field{"actual", strconv.Itoa(e.Actual)})
	}
	if e, ok := errors.AsType[*sessionstore.UnknownPrincipalError](err); ok {
		if e.Attribute == "" {
			return noIndex.fault()
		}
		return notIndexed.fault()
	}
	if e, ok := errors.AsType[*perldata.UnrepresentableError](err); ok {
		return unrepresentable.fault(Field{"reason", e.Reason})
	}
	if _, ok := errors.AsType[*sessionstore.InvalidTTLError](err); ok {
		return invalidTTL.fault()
	}
	if _, ok := errors.AsType[*sessionstore.InvalidLifetimeError](err); ok {
		return invalidLifetime.fault()
	}
	if e, ok := errors.AsType[*RequestError](err); ok {
		return e.row.fault()
	}
	return nil
}

// accessFault returns the fault for an error of package access, or nil.
func accessFault(err error) *Fault {
	if e, ok := errors.AsType[*access.DeniedError](err); ok {
		if e.Dialect != 0 {
			return dialectDenied.fault(Field{"dialect", e.Dialect.String()})
		}
		return roleMissing.fault(Field{"role", e.Missing.String()})
	}
	if _, ok := errors.AsType[*access.HiddenError](err); ok {
		return attributeHidden.fault()
	}
	if e, ok := errors.AsType[*access.LimitError](err); ok {
		return limitFault(e)
	}
	e, ok := errors.AsType[*access.UnauthenticatedError](err)
	if !ok {
		return nil
	}
	row := noCredentials
	switch e.Refusal { //nolint:exhaustive // the first row is the other one
	case access.WrongCredentials:
		row = wrongCredentials
	case access.MalformedCredentials:
		row = malformedCredentials
	case access.SeveralCallers:
		row = severalCallers
	case access.TooManyAttempts:
		row = tooManyAttempts
	case access.Expired:
		row = messageExpired
	case access.Replayed:
		row = messageReplayed
	case access.TooManyNonces:
		row = tooManyNonces
	}
	fault := row.fault(Field{"seconds", decimal(seconds(e.RetryAfter))})
	fault.RetryAfter = e.RetryAfter
	return fault
}

func limitFault(e *access.LimitError) *Fault {
	row := tooManyCalls
	if e.Sessions {
		row = tooManySessions
	}
	fault := row.fault(Field{"limit", strconv.FormatFloat(e.Limit, 'f', -1, 64)}, Field{"seconds", decimal(seconds(e.RetryAfter))})
	fault.RetryAfter = e.RetryAfter
	return fault
}

// seconds returns a duration in seconds, rounded up.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func unavailableFault(e *backend.UnavailableError) *Fault {
	fields := []Field{{"reason", e.Reason}}
	if e.RetryAfter > 0 {
		fields = append(fields, Field{"retryAfter", decimal(seconds(e.RetryAfter))})
	}
	row := unavailable
	if e.Unknown {
		row = indeterminate
	}
	fault := row.fault(fields...)
	if e.Unknown {
		fault.Fields[0].Value += unknownOutcome
	}
	fault.RetryAfter = e.RetryAfter
	return fault
}

// idOf returns the id of the session that an error is about.
func idOf(err error) string {
	if e, ok := errors.AsType[*sessionError](err); ok {
		return string(e.id)
	}
	return ""
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// fault returns the fault of a row with the values of its sentence.
func (r row) fault(values ...Field) *Fault {
	s := &table[r]
	fault := &Fault{Blame: s.Blame, Type: s.Type, Reason: s.Text}
	if s.Type != "" {
		fault.Fields = values
	}
	if strings.Contains(s.Text, "{") {
		pairs := make([]string, 0, 2*len(values))
		for _, v := range values {
			pairs = append(pairs, "{"+v.Name+"}", v.Value)
		}
		fault.Reason = strings.NewReplacer(pairs...).Replace(s.Text)
	}
	return fault
}
