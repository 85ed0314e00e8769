// Package index finds the sessions of a principal.
//
// A principal is the value of an attribute that the operator has named, such as
// uid. For each principal the package keeps two kinds of items beside the
// sessions, in the same backend:
//
//   - a list of the ids of all its sessions, for [Index.Find] (list.go). It is
//     append-only: a login costs the same however many sessions there are;
//   - the MD5 lookup key, under which Perl programs find the last session
//     (lookup.go; option principal of Apache::Session::Memorycached 2.2.1).
//
// Both only make finding fast: the sessions are the truth. What an entry says
// is believed only after a look at the session, and entries that are wrong are
// repaired. A session that was stored but could not be entered is no error of
// the call that stored it; [Options.Failed] is notified.
//
// A store calls [Index.Terms] and [Index.Mark] before a change and
// [Index.Apply] after it. An [Indexer] enters sessions that other programs
// store, of which the change stream notifies it. The package sees sessions only
// through the interface [Sessions]; their ids are strings to it.
package index
