package service

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"memcachedsoap/service/access"
	"memcachedsoap/service/audit"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// MaySearch returns the error with which [Service.SearchSessions] would refuse its caller,
// but for that of a rate, before anything is done.
func (*Service) MaySearch(ctx context.Context, attribute string) error {
	if err := access.Require(ctx, viewing); err != nil {
		return err
	}
	return access.CheckNames(ctx, slices.Values([]string{attribute}))
}

// ErrEnough ends a search that has found as many sessions as it may: visit returns it
// instead of taking one more. It is no fault.
var ErrEnough = errors.New("service: the search has found as many sessions as it may")

// SearchSessions calls visit with every session of a type whose attribute has a value, as
// a text, and examined after each session that it has looked at. It looks at all sessions
// of all servers; see [sessionstore.Store.Each] for what it misses. unreadable is how
// many items could not be read: nobody knows what they have. Errors are those of
// [sessionstore.Store.InspectEach], of visit, such as [ErrEnough], and of examined.
func (s *Service) SearchSessions(
	ctx context.Context, kind, attribute, value string, visit func(sessionstore.Inspected) error, examined func() error,
) (unreadable int, err error) {
	line, err := s.begin(ctx, "searchSessions", viewing)
	if err != nil {
		return 0, err
	}
	defer line.write(ctx)
	line.by(attribute)
	if err := access.CheckNames(ctx, slices.Values([]string{attribute})); err != nil {
		return 0, line.ended(err)
	}
	matches := 0
	var first []sessionstore.ID
	err = s.store.InspectEach(ctx, kind, func(inspected sessionstore.Inspected) error {
		switch {
		case inspected.Unreadable != nil:
			unreadable++
		case hasValue(inspected.Attributes, attribute, value):
			if err := visit(withoutValues(ctx, inspected)); err != nil {
				return err
			}
			if matches++; len(first) < audit.MaxSessions {
				first = append(first, inspected.ID)
			}
		}
		return examined()
	})
	line.visited(matches, first)
	logNumber(ctx, matches)
	if errors.Is(err, ErrEnough) {
		_ = line.ended(nil)
		return unreadable, err
	}
	return unreadable, line.ended(err)
}

// hasValue says whether an attribute has a value, or a list an item with it.
func hasValue(attributes *perldata.Hash, name, value string) bool {
	v, ok := attributes.Get(name)
	if !ok {
		return false
	}
	if v.Kind() != perldata.KindList {
		return sameText(v, value)
	}
	return slices.ContainsFunc(v.List().Items, func(item perldata.Value) bool { return sameText(item, value) })
}

// sameText says whether a value is a text as people write it. Of bytes, both readings
// count: as UTF-8, and a character each.
func sameText(v perldata.Value, text string) bool {
	switch v.Kind() {
	case perldata.KindText:
		return v.Str() == text
	case perldata.KindBytes:
		return v.Str() == text || perldata.Latin1ToUTF8(v.Str()) == text
	case perldata.KindInt:
		return strconv.FormatInt(v.Int(), 10) == text
	case perldata.KindFloat:
		return string(perldata.AppendFloat(nil, v.Float())) == text
	default:
		return false
	}
}
