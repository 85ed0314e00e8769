package main

import (
	"strconv"
	"strings"
)

// Exit codes. Scripts depend on them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNoSession   = 3
	exitUnavailable = 4
	exitConflict    = 5
	exitNotMoved    = 6
)

// exitMeaning says what an exit code means.
type exitMeaning struct {
	code    int
	meaning string
}

func exitMeanings() []exitMeaning {
	return []exitMeaning{
		{exitDone, "success"},
		{exitFailed, "failure"},
		{exitUsage, "wrong usage, or the service rejected the request as invalid"},
		{exitNoSession, "the session does not exist or was deleted"},
		{exitUnavailable, "the service or its servers cannot be reached"},
		{exitConflict, "the session has another version than --if-version, or the id that must be new has a session"},
		{exitNotMoved, "sessions are still at their places in the pool --from"},
	}
}

// exitCodesHelp is the sentence about exit codes in the help texts.
func exitCodesHelp() string {
	codes := make([]string, 0, len(exitMeanings()))
	for _, e := range exitMeanings() {
		codes = append(codes, strconv.Itoa(e.code)+" "+e.meaning)
	}
	return "Exit codes: " + strings.Join(codes, "; ") + "."
}
