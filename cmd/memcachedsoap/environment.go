package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// environmentPrefix begins the name of every environment variable that the
// program reads.
const environmentPrefix = "MEMCACHEDSOAP_"

// daemons are the commands that run until they are stopped: unit files and containers
// set their flags by environment variables.
func daemons() []string { return []string{"serve", "replicate"} }

// daemonEnvironment gives each flag of the daemons the environment variable that
// [variableOf] names. The flags of other commands get none by it.
func daemonEnvironment() kong.Option { //nolint:ireturn // kong's options are interfaces
	return kong.PostBuild(func(k *kong.Kong) error {
		for _, command := range k.Model.Children {
			if !slices.Contains(daemons(), command.Name) {
				continue
			}
			for _, flag := range command.Flags {
				flag.Tag.Envs = []string{variableOf(flag.Name)} // kong copies it to flag.Envs afterwards
			}
		}
		return nil
	})
}

// variableOf returns the environment variable of a flag of a daemon:
// MEMCACHEDSOAP_MAX_BODY for max-body.
func variableOf(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
