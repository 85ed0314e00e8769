package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"memcachedsoap/service/certificate"
	"memcachedsoap/service/changes"
	"memcachedsoap/sessionstore/backend"
	"memcachedsoap/sessionstore/guard"
	"memcachedsoap/sessionstore/index"
)

// peers is how instances follow the changes through each other.
type peers struct {
	keys  *changes.Keys
	trust *changes.Trust
	url   *url.URL
	peer  *changes.Peer // this instance, once its pool is open
}

// validatePeers rejects settings with which no other instance could follow through this
// one, or this one through others.
func (c *serveCommand) validatePeers() error {
	switch {
	case c.PeerKeyFile == "" && c.AdvertiseURL == "" && c.PeerCA == "":
		return nil
	case c.PeerKeyFile == "" || c.AdvertiseURL == "":
		return errors.New("--peer-key-file, --advertise-url and --peer-ca need each other; only --peer-ca may be absent")
	case len(c.Servers) == 0:
		return errors.New("--peer-key-file needs --servers: without them the sessions are in this process")
	case c.unfollowable() != "":
		return errors.New("--peer-key-file cannot be combined with " + c.unfollowable() + ": the changes on the servers cannot be followed")
	case len(c.Local) == 0 && len(c.principals()) == 0:
		return errors.New("--peer-key-file needs --local, --principal or --lemonldap: without them at most two instances follow the changes")
	}
	u, err := url.Parse(c.AdvertiseURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("--advertise-url must be an http or https URL without a path, such as https://sessions1.example.com:8443")
	}
	if c.PeerCA != "" && u.Scheme != "https" {
		return errors.New("--peer-ca is for instances with TLS: give them an https URL in --advertise-url")
	}
	return nil
}

// peers returns how instances follow the changes through each other; its files are
// reloaded. It is nil if they do not.
func (c *serveCommand) peers(files *reloader, keeper *certificate.Keeper, logger *slog.Logger) (*peers, error) {
	if c.PeerKeyFile == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	p := &peers{keys: new(changes.Keys), trust: new(changes.Trust)}
	var err error
	if p.url, err = url.Parse(strings.TrimRight(c.AdvertiseURL, "/")); err != nil {
		return nil, usageError("--advertise-url: %v", err) // validatePeers has parsed it
	}
	if keeper != nil {
		p.trust.Certificate = func() *tls.Certificate { return &keeper.Config().Certificates[0] }
	}
	if p.url.Scheme != "https" {
		logger.Warn("the instances tell each other changes without TLS (--advertise-url)", "url", p.url.String())
	}
	err = files.add(reloadable{flag: "--peer-key-file", paths: []string{c.PeerKeyFile}, reload: func() error {
		return withoutPackage(p.keys.ReadFile(c.PeerKeyFile))
	}})
	if err == nil && c.PeerCA != "" {
		err = files.add(reloadable{flag: "--peer-ca", paths: []string{c.PeerCA}, reload: func() error {
			return withoutPackage(p.trust.ReadFile(c.PeerCA))
		}})
	}
	return p, err
}

// withoutPackage returns an error without the name of its package, for the operator.
func withoutPackage(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.TrimPrefix(err.Error(), "changes: "))
}

// join returns the pool, and what follows it together with other instances: nil if this
// one follows it alone.
func (p *peers) join(pool backend.Pool, open func() (backend.Pool, error), logger *slog.Logger) (backend.Pool, *changes.Peer) { //nolint:ireturn // one of two
	if p == nil {
		return pool, nil
	}
	p.peer = changes.New(pool, changes.Options{
		Open: open, URL: p.url.String(), Keys: p.keys, Trust: p.trust, Logger: logger,
	})
	return p.peer, p.peer
}

// handler answers the other instances; it is nil if there are none. host is where they
// reach this one.
func (p *peers) handler() (handler http.Handler, host string) {
	if p == nil || p.peer == nil {
		return nil, ""
	}
	return p.peer, p.url.Hostname()
}

// leaveWith lets the other instances follow through others when ctx ends.
func (p *peers) leaveWith(ctx context.Context) (stop func() bool) {
	if p == nil || p.peer == nil {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, p.peer.Leave)
}

// share follows the changes together with other instances. While this one watches the
// servers itself, it does all that a lone instance does; else it only invalidates its
// near cache, and relies for the rest on the instance through which it follows.
func (c *serveCommand) share(in followed, watching backend.Follower, deletions *guard.Guard, indexer *index.Indexer) {
	f := changes.Followers{
		Watching: watching, Changed: func(string, bool) {}, ResyncRequired: func(int) {},
		Watches: func(itself bool) {
			if deletions != nil {
				deletions.SetFollowing(itself)
			}
			if itself {
				indexer.Rely(nil)
			} else {
				indexer.Rely(in.peer)
			}
		},
	}
	if in.cache != nil {
		f.Changed = in.cache.ChangedHash
		f.ResyncRequired = func(int) { in.cache.InvalidateAll() }
	}
	if len(c.principals()) > 0 {
		f.Index = indexer
	}
	in.peer.Share(f)
	if in.cache != nil {
		in.cache.Follow(in.trusted(in.peer))
	}
}
