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
	attributes := map[string]any{"uid": "dwho", "roles": []any{"traveller", "doctor"}}
	if _, err := sessions.Set(ctx, id, attributes, 3600, ""); err != nil {
		return err
	}
	fmt.Printf("set\t%s\n", id)

	session, err := sessions.Get(ctx, id)
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

	deleted, err := sessions.Port.DeleteSessionContext(ctx, &DeleteSession{Id: &id})
	if err != nil {
		return err
	}
	fmt.Printf("delete\t%t\n", deleted.DeleteSessionResult)
	_, err = sessions.Get(ctx, id)
	if fault := FaultOf(err); fault != nil && fault.Name == "SessionNotFoundFault" {
		fmt.Printf("notfound\t%s\n", fault.Fields["id"])
	}

	// Without an id the service creates one.
	made, err := sessions.Set(ctx, "", attributes, 60, "")
	if err != nil {
		return err
	}
	fmt.Printf("new\t%s\n", made.Id)
	return nil
}

func ptr[T any](v T) *T { return &v }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
