package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"memcachedsoap/service/lemonldap/events"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/backend"
)

// lemonldapEventsSettings say where deletions are published for the caches of
// LemonLDAP::NG, besides to the subscribers of this instance.
type lemonldapEventsSettings struct {
	LemonLDAPEvents          string `name:"lemonldap-events" placeholder:"URL" group:"LemonLDAP::NG:" help:"Redis server of LemonLDAP::NG's message broker, redis://HOST:PORT or rediss://HOST:PORT with TLS: each deletion of a session is published there, so that portals and handlers drop it from their caches. Other users of the machine see a password in the arguments: use --lemonldap-events-login-file. Default: only the subscribers at /subscribe learn of deletions."`
	LemonLDAPEventsLoginFile string `name:"lemonldap-events-login-file" type:"path" placeholder:"FILE" group:"LemonLDAP::NG:" help:"File whose first line is the password of --lemonldap-events, or USER:PASSWORD. Only its owner and its group may read it. It is read again for each new connection. Default: no password, or that of the URL."`
	LemonLDAPEventsCA        string `name:"lemonldap-events-ca" type:"path" placeholder:"FILE" group:"LemonLDAP::NG:" help:"Certificates, in PEM form, of the authorities that sign the certificate of --lemonldap-events. Default: the authorities of the system."`
}

// validateLemonLDAPEvents rejects settings of LemonLDAP::NG's events that cannot work.
func (c *serveCommand) validateLemonLDAPEvents() error {
	if c.LemonLDAPEvents == "" {
		if c.LemonLDAPEventsLoginFile != "" || c.LemonLDAPEventsCA != "" {
			return errors.New("--lemonldap-events-login-file and --lemonldap-events-ca need --lemonldap-events")
		}
		return nil
	}
	if !c.LemonLDAP {
		return errors.New("--lemonldap-events needs --lemonldap")
	}
	redis, err := events.ParseRedis(c.LemonLDAPEvents)
	switch {
	case err != nil:
		return fmt.Errorf("--lemonldap-events: %w", err)
	case redis.HasPassword() && c.LemonLDAPEventsLoginFile != "":
		return errors.New("--lemonldap-events has a password: remove it, or --lemonldap-events-login-file")
	case !redis.HasTLS() && c.LemonLDAPEventsCA != "":
		return errors.New("--lemonldap-events-ca is for Redis with TLS: use rediss:// in --lemonldap-events")
	}
	return nil
}

// lemonldapEvents starts what tells portals and handlers of deletions. It is nil without
// --lemonldap.
func (c *serveCommand) lemonldapEvents(logger *slog.Logger) (*events.Broker, error) {
	if !c.LemonLDAP {
		return nil, nil //nolint:nilnil // as documented
	}
	o := events.Options{Digits: digitsOf, Logger: logger}
	if c.LemonLDAPEvents == "" {
		return events.New(o), nil
	}
	var err error
	if o.Redis, err = c.lemonldapRedis(); err != nil {
		return nil, err
	}
	logger.Info("deletions are published to Redis", "server", o.Redis.Address(), "tls", o.Redis.HasTLS())
	return events.New(o), nil
}

// lemonldapRedis returns the server of --lemonldap-events. It reads the files.
func (c *serveCommand) lemonldapRedis() (*events.Redis, error) {
	redis, err := events.ParseRedis(c.LemonLDAPEvents)
	if err != nil {
		return nil, usageError("--lemonldap-events: %v", err) // validateLemonLDAPEvents has parsed it
	}
	if c.LemonLDAPEventsLoginFile != "" {
		if err := redis.LoginFrom(c.LemonLDAPEventsLoginFile); err != nil {
			return nil, usageError("--lemonldap-events-login-file: %v", err)
		}
	}
	if c.LemonLDAPEventsCA != "" {
		if err := redis.TrustCA(c.LemonLDAPEventsCA); err != nil {
			return nil, usageError("--lemonldap-events-ca: %v", err)
		}
	}
	return redis, nil
}

// digitsOf returns the id, as LemonLDAP::NG knows it, of the session under a key.
func digitsOf(key string) (digits string, ok bool) {
	if backend.TypeOf(key) != "" {
		return sessionstore.ID(key).Digits(), true
	}
	_, err := sessionstore.ParseID(key)
	return key, err == nil
}

// publishDeletions makes a store publish its deletions. broker may be nil.
func publishDeletions(broker *events.Broker, o *sessionstore.Options) {
	if broker != nil {
		o.Deleted = func(ctx context.Context, id sessionstore.ID) { broker.Deleted(ctx, id.Digits()) }
	}
}
