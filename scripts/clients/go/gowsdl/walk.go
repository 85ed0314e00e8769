//go:build sessionclient

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// walk calls every operation: the life of one session.
func walk(ctx context.Context, sessions *Sessions, id string) error {
	attributes := map[string]any{"uid": "dwho", "roles": []any{"traveller", "doctor"}, "visits": int64(1)}
	// The service stores the session only if there is none with the id. It ends after two
	// hours in any case.
	login := Conditions{TTL: 3600, Lifetime: 7200, OnlyNew: true}
	if _, err := sessions.Set(ctx, id, attributes, login); err != nil {
		return err
	}
	fmt.Printf("set\t%s\n", id)
	_, err := sessions.Set(ctx, id, attributes, login)
	if fault := FaultOf(err); fault != nil && fault.Name == "SessionExistsFault" {
		fmt.Printf("exists\t%s\n", fault.Fields["id"])
	}

	session, err := sessions.Get(ctx, id, false, 0)
	if err != nil {
		return err
	}
	fmt.Printf("get\t%s\n", session.Attributes["uid"])

	// Change one attribute only if the session has not been modified since it was read.
	change := func() error {
		_, err := sessions.Update(ctx, id, map[string]any{"mood": "good"}, session.Version)
		return err
	}
	if err := change(); err != nil {
		return err
	}
	fmt.Println("update\tok")
	if fault := FaultOf(change()); fault != nil && fault.Name == "VersionConflictFault" {
		fmt.Printf("conflict\t%s\n", fault.Fields["id"])
	}

	// The generated client is good for the operations that follow.
	touched, err := sessions.Port.TouchSessionContext(ctx, &TouchSession{Id: &id, Ttl: ptr[int32](600)})
	if err != nil {
		return err
	}
	fmt.Printf("touch\t%d\n", touched.TouchSessionResult.ExpiresIn)

	// Read the session and give it 15 minutes in one call. Numbers have a type.
	used, err := sessions.Get(ctx, id, true, 900)
	if err != nil {
		return err
	}
	if _, ok := used.Attributes["visits"].(int64); ok {
		fmt.Println("typed\tint")
	}
	fmt.Printf("ttl\t%d\n", used.ExpiresIn)

	found, err := sessions.GetMany(ctx, id, strings.Repeat("f", 32))
	if err != nil {
		return err
	}
	fmt.Printf("batch\t%d\n", len(found))

	ids, err := sessions.Port.FindSessionsContext(ctx, &FindSessions{Principal: ptr("dwho")})
	if err != nil {
		return err
	}
	fmt.Printf("find\t%d\n", btoi(slices.Contains(ids.FindSessionsResult.Id, id)))

	report, err := sessions.Port.StatsContext(ctx, &Stats{})
	if err != nil {
		return err
	}
	fmt.Printf("stats\t%d\n", btoi(len(report.StatsResult.Service.Stat) > 0))

	made, err := rename(ctx, sessions, id)
	if err != nil {
		return err
	}

	// Delete it only if nobody has changed it.
	_, err = sessions.Port.DeleteSessionContext(ctx, &DeleteSession{Id: &made.Id, IfVersion: &session.Version})
	if fault := FaultOf(err); fault != nil && fault.Name == "VersionConflictFault" {
		fmt.Printf("kept\t%s\n", fault.Fields["id"])
	}
	deleted, err := sessions.Port.DeleteSessionContext(ctx, &DeleteSession{Id: &made.Id, IfVersion: &made.Version})
	if err != nil {
		return err
	}
	fmt.Printf("delete\t%t\n", deleted.DeleteSessionResult)
	_, err = sessions.Get(ctx, id, false, 0)
	if fault := FaultOf(err); fault != nil && fault.Name == "SessionNotFoundFault" {
		fmt.Printf("notfound\t%s\n", fault.Fields["id"])
	}

	// Without an id the service creates one. The session ends after two minutes: a TTL
	// that is longer than the lifetime is cut.
	stored, err := sessions.Set(ctx, "", attributes, Conditions{TTL: 3600, Lifetime: 120})
	if err != nil {
		return err
	}
	fmt.Printf("new\t%s\n", stored.Id)
	fmt.Printf("lifetime\t%d\n", stored.ExpiresIn)
	return nil
}

// rename gives the session another id, as a login should: one of the program, and then
// one of the service.
func rename(ctx context.Context, sessions *Sessions, id string) (*SessionRef, error) {
	chosen, err := sessions.Port.RenameSessionContext(ctx, &RenameSession{Id: &id, NewId: ptr(id + "0")})
	if err != nil {
		return nil, err
	}
	fmt.Printf("rename\t%s\n", chosen.RenameSessionResult.Id)
	made, err := sessions.Port.RenameSessionContext(ctx, &RenameSession{Id: &chosen.RenameSessionResult.Id})
	if err != nil {
		return nil, err
	}
	fmt.Printf("renamed\t%s\n", made.RenameSessionResult.Id)
	return made.RenameSessionResult, nil
}

func ptr[T any](v T) *T { return &v }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
