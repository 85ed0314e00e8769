package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"memcachedsoap/scripts/test/contract"
	"memcachedsoap/scripts/test/load"
)

// sizes are the lengths of message bodies in bytes.
type sizes struct {
	get, set             int // requests
	gotten, acknowledged int // answers of the service
}

// prepare stores the sessions through the service, which is the first server, and
// checks that all servers do the same work.
func prepare(ctx context.Context, servers [serverCount]*load.Process, sessions []*contract.Session) (sizes, error) {
	first := sessions[0]
	s := sizes{get: first.Get.Body, set: first.Sets[0].Body}
	var answers [serverCount][]byte
	for i, server := range servers {
		c, err := load.Dial(ctx, server, time.Now().Add(grace))
		if err != nil {
			return s, err
		}
		defer c.Close()
		writes := sessions
		if i > 0 {
			writes = sessions[:1] // the service has stored all of them
		}
		for _, session := range writes {
			if err := c.Do(session.Sets[0]); err != nil {
				return s, errors.Join(err, server.Failure("failed the first calls"))
			}
		}
		if i == 0 {
			s.acknowledged = len(c.Body)
		}
		if err := c.Do(first.Get); err != nil {
			return s, errors.Join(err, server.Failure("failed the first calls"))
		}
		answers[i] = slices.Clone(c.Body)
	}
	s.gotten = len(answers[0])
	return s, sameSession(answers[0], answers[len(answers)-1])
}

// sameSession returns an error unless two answers to getSession hold the same
// session.
func sameSession(a, b []byte) error {
	var x, y responseEnvelope
	if err := errors.Join(xml.Unmarshal(a, &x), xml.Unmarshal(b, &y)); err != nil {
		return fmt.Errorf("bench: reading the answers to getSession: %w", err)
	}
	if x.Body.Get == nil || y.Body.Get == nil || x.Body.Get.GetSessionResult == nil || y.Body.Get.GetSessionResult == nil {
		return errors.New("bench: an answer to getSession holds no session")
	}
	one, other := x.Body.Get.GetSessionResult, y.Body.Get.GetSessionResult
	one.ExpiresIn, other.ExpiresIn = 0, 0 // a second may have passed
	if !reflect.DeepEqual(one, other) {
		return errors.New("bench: service and encoding/xml return different sessions")
	}
	return nil
}
