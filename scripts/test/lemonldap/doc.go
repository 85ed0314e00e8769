// Package lemonldap tests portals, handlers, Managers and command-line tools of
// LemonLDAP::NG whose sessions are in memcached, behind the service:
//
//	make lemonldap
//
// Each test runs with several versions of LemonLDAP::NG: that of the system's release
// and a later one. The variable LEMONLDAP names the folders into which they are
// unpacked, separated by colons. LEMONLDAP_RELEASE names another later release:
//
//	LEMONLDAP_RELEASE=sid make lemonldap
//
// The portals take their configuration from scripts/clients/lemonldap, as the
// administrators who follow docs/lemonldap.md do. The times of LemonLDAP::NG's caches
// are shorter, so that the tests can wait for them.
package lemonldap
