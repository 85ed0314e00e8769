// Package audit writes the audit log: who has changed, ended or looked for which
// sessions, and who was refused. It has one line in JSON for each of these calls.
//
// A line never contains an id, a value of a session or a credential. Sessions are
// named by their fingerprints, attributes by their names. [Log.Write] returns when
// the line is with the operating system, so the answer to a call is sent after its
// line was written. A line that cannot be written goes to the log of the service, is
// counted, and keeps [Log.Err] set until the file can be written again.
package audit
