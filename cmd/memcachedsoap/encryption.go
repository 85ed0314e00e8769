package main

import (
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"memcachedsoap/sessionstore/seal"
)

// keyring returns the keys of --encrypt-key-file, which are reloaded. Without the flag
// there are no keys.
func (c *serveCommand) keyring(files *reloader, logger *slog.Logger) (*seal.Keyring, error) {
	keys := new(seal.Keyring)
	if c.EncryptKeyFile == "" {
		return keys, nil
	}
	err := files.add(reloadable{flag: "--encrypt-key-file", paths: []string{c.EncryptKeyFile}, reload: func() error {
		err := keys.ReadFile(c.EncryptKeyFile)
		if err == nil {
			logKeys(keys, logger)
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	logger.Warn("Perl programs find no session that is stored encrypted, and no MD5 lookup key is written, read or followed (--encrypt-key-file)")
	return keys, nil
}

// logKeys says how sessions are stored from now on.
func logKeys(keys *seal.Keyring, logger *slog.Logger) {
	n, writing := keys.Keys()
	if writing == "" {
		logger.Info("sessions are stored unencrypted, encrypted ones are read", "keys", n)
		return
	}
	logger.Info("sessions are stored encrypted", "key", writing, "keys", n)
}

type encryptKeyCommand struct {
	Name string `arg:"" optional:"" help:"Name of the key: letters, digits, '.', '_' and '-', at most 32. Default: the date and random letters, such as 2026-11-28-k3wq5a."`
}

// Help is what the command's --help adds.
func (*encryptKeyCommand) Help() string {
	return "The line is for the file of serve --encrypt-key-file. Write it to a file that only the service can read: umask 077; memcachedsoap encrypt-key >FILE. In the file the first key encrypts and all keys decrypt; the line plain before the keys stores sessions unencrypted."
}

// Run prints a line of a key file.
func (c *encryptKeyCommand) Run(std streams) error {
	name := c.Name
	if name == "" {
		const letters = 6
		name = time.Now().UTC().Format(time.DateOnly) + "-" + strings.ToLower(rand.Text()[:letters])
	}
	line, err := seal.NewKey(name)
	if err != nil {
		return usageError("%v", err)
	}
	_, err = std.Out.Write([]byte(line + "\n"))
	return outputError(err)
}
