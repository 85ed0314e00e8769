package main

import (
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// poolFlags names and describes the flags of pools that have a prefix. The list of
// servers has the name that [poolPrefix.servers] gives it. What the help of a setting
// says of other settings, it says of those of the same pool; and only the first pool of
// a command describes its settings in full.
func poolFlags() kong.Option { //nolint:ireturn // kong's options are interfaces
	return kong.PostBuild(func(k *kong.Kong) error {
		commands := k.Model.Leaves(false)
		settings := poolSettingsOf(commands)
		for _, command := range commands {
			first := map[string]string{} // the first flag of each setting
			for _, flag := range command.Flags {
				setting := strings.TrimPrefix(flag.Name, flag.Tag.Prefix)
				if !settings[setting] {
					continue
				}
				if pool := poolPrefix(flag.Tag.Prefix); pool != ownPool {
					pool.describe(flag, setting, first[setting], settings)
				}
				if first[setting] == "" {
					first[setting] = flag.Name
				}
			}
		}
		return nil
	})
}

// poolSettingsOf returns the names of the settings of pools, without the prefix. Only
// flags of pools have a prefix.
func poolSettingsOf(commands []*kong.Command) map[string]bool {
	settings := map[string]bool{}
	for _, command := range commands {
		for _, flag := range command.Flags {
			if prefix := flag.Tag.Prefix; prefix != "" {
				settings[strings.TrimPrefix(flag.Name, prefix)] = true
			}
		}
	}
	return settings
}

// describe names and describes the flag of a setting. first is the flag of the first
// pool of the command with this setting, or "".
func (p poolPrefix) describe(flag *kong.Flag, setting, first string, settings map[string]bool) {
	flag.Group = &kong.Group{Key: string(p), Title: "Pool " + p.servers() + ":"}
	switch {
	case setting == "servers":
		flag.Name = strings.TrimPrefix(p.servers(), "--")
	case first != "":
		flag.Help = "As --" + first + ", for the pool " + p.servers() + "." + defaultOf(flag)
	default:
		flag.Help = aFlag.ReplaceAllStringFunc(flag.Help, func(text string) string {
			switch other := strings.TrimPrefix(text, "--"); {
			case other == "servers":
				return p.servers()
			case settings[other]:
				return p.flag(other)
			default:
				return text
			}
		})
	}
}

var aFlag = regexp.MustCompile(`--[a-z0-9-]*[a-z0-9]`)

// defaultOf returns the sentence of the default of a flag.
func defaultOf(flag *kong.Flag) string {
	if flag.HasDefault {
		return " Default ${default}."
	}
	return ""
}
