package service

// row is the index of a row of the table.
type row int

// The rows of the table.
const (
	notFound row = iota
	deleted
	exists
	conflict
	invalidID
	answerTooLarge
	sessionTooLarge
	unreadable
	unavailable
	indeterminate
	tooMany
	noIndex
	notIndexed
	unrepresentable
	invalidTTL
	invalidLifetime
	noPrincipal
	conditionWithoutID
	contradiction
	removedID
	removedTwice
	setAndRemoved
	noCredentials
	wrongCredentials
	malformedCredentials
	severalCallers
	tooManyAttempts
	messageExpired
	messageReplayed
	tooManyNonces
	roleMissing
	dialectDenied
	attributeHidden
	tooManyCalls
	tooManySessions
	rows // how many
)

// unknownOutcome tells the client that an outcome is indeterminate.
const unknownOutcome = "; it is unknown whether the change was made"

// table is the table of faults. Programs compare "Invalid session ID: ", which
// never changes (MemcachedSOAP.cgi of Apache::Session::Memorycached 2.2.1).
//
//nolint:gochecknoglobals // a table that nothing writes
var table = [rows]Sentence{
	notFound: {
		BlameCaller, "SessionNotFoundFault",
		"There is no such session: it never existed, has expired or was deleted. Create a new session.",
	},
	deleted: {
		BlameCaller, "SessionDeletedFault",
		"The session was deleted; its id cannot be reused until it would have expired. Nothing was changed. Create a new session.",
	},
	exists: {
		BlameCaller, "SessionExistsFault",
		"There is a session with this id, and the call needs an id of which there is none. Nothing was changed. Choose another id.",
	},
	conflict: {
		BlameCaller, "VersionConflictFault",
		"The session has another version than the one given: it was modified since you read it. Nothing was changed. Read it again, then repeat the change.",
	},
	invalidID: {
		BlameCaller, "InvalidSessionIdFault",
		"Invalid session ID: {reason}.",
	},
	answerTooLarge: {
		BlameCaller, "PayloadTooLargeFault",
		"The sessions have {actual} bytes together; one answer may have {limit}. Ask for fewer sessions in one call.",
	},
	sessionTooLarge: {
		BlameCaller, "PayloadTooLargeFault",
		"The session needs {actual} bytes; the store accepts at most {limit}. Nothing was changed. Store less in the session.",
	},
	unreadable: {
		BlameService, "UnreadableSessionFault",
		"The item stored under this id cannot be read as a session: {reason}. It was not changed.",
	},
	unavailable: {
		BlameService, "StoreUnavailableFault",
		"The sessions cannot be reached: {reason}. Retry later.",
	},
	indeterminate: {
		BlameService, "StoreUnavailableFault",
		"The sessions cannot be reached: {reason}" + unknownOutcome + ". Read the session before you repeat the change.",
	},
	tooMany: {
		BlameCaller, "",
		"The call names {actual} sessions; the limit is {limit}. Make several calls.",
	},
	noIndex: {
		BlameCaller, "",
		"This service does not find sessions by an attribute. Its operator enables it with serve --principal.",
	},
	notIndexed: {
		BlameCaller, "",
		"This service does not find sessions by this attribute. Send one that its operator has set with serve --principal, or none.",
	},
	unrepresentable: {
		BlameCaller, "",
		"The session cannot be stored: {reason}.",
	},
	invalidTTL: {
		BlameCaller, "",
		"Invalid ttl: use a positive number of seconds, 0 for the default, or -1 for the longest allowed.",
	},
	invalidLifetime: {
		BlameCaller, "",
		"Invalid lifetime: use a positive number of seconds, or 0 for none.",
	},
	noPrincipal: {
		BlameCaller, "",
		"principal is missing or empty. Send the value of the attribute, such as the name of a user.",
	},
	conditionWithoutID: {
		BlameCaller, "",
		"ifVersion, updateOnly and onlyNew need an id. Send it, or send none of them to create a session with a new id.",
	},
	contradiction: {
		BlameCaller, "",
		"The conditions contradict each other: onlyNew says that there is no session with the id, ifVersion and updateOnly that there is one. Send onlyNew alone, or leave it out.",
	},
	removedID: {
		BlameCaller, "",
		"The attribute _session_id cannot be removed: it is the id of the session. Leave it out.",
	},
	removedTwice: {
		BlameCaller, "",
		"An attribute is in remove twice. Send it once.",
	},
	setAndRemoved: {
		BlameCaller, "",
		"An attribute is both in set and in remove. Send it in one of them.",
	},
	noCredentials: {
		BlameCaller, "",
		"The request has no credentials. Send the name and the password of a caller with HTTP Basic, or what the operator of this service has given you.",
	},
	wrongCredentials: {
		BlameCaller, "",
		"The credentials are wrong. Check the name and the password, the key or the certificate that the operator of this service has given you.",
	},
	malformedCredentials: {
		BlameCaller, "",
		"The credentials cannot be read. Send an Authorization header with Basic and the name and the password, or with Bearer and a key.",
	},
	severalCallers: {
		BlameCaller, "",
		"The request has the credentials of several callers, or credentials twice. Send those of one caller once.",
	},
	tooManyAttempts: {
		BlameCaller, "",
		"Too many wrong passwords of this caller came from this address. Retry in {seconds} seconds.",
	},
	messageExpired: {
		BlameCaller, "",
		"The message is too old: it was made more than 5 minutes ago or more than 1 minute ahead, or its Timestamp has expired. Check the clock of the client, and send a new message.",
	},
	messageReplayed: {
		BlameCaller, "",
		"A message with the same Nonce was accepted before. Send a new Nonce in each message.",
	},
	tooManyNonces: {
		BlameService, "",
		"The service cannot remember more nonces. Retry in {seconds} seconds.",
	},
	roleMissing: {
		BlameCaller, "",
		"Access denied: this operation needs the role {role}, which the caller does not have. Ask the operator of this service for it.",
	},
	dialectDenied: {
		BlameCaller, "",
		"Access denied: the caller may not send messages of this kind, which the operator of this service calls the dialect {dialect}.",
	},
	attributeHidden: {
		BlameCaller, "",
		"Access denied: the call names an attribute that is hidden from its caller. Nothing was changed. Leave it out.",
	},
	tooManyCalls: {
		BlameService, "",
		"The caller makes more calls than its limit, {limit} a second. Retry in {seconds} seconds.",
	},
	tooManySessions: {
		BlameService, "",
		"The caller creates more sessions than its limit, {limit} a second. Nothing was changed. Retry in {seconds} seconds.",
	},
}
