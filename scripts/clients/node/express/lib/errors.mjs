// What can go wrong with a session of the service. No message contains a session id or a value.
// `status` is the HTTP status that Express answers.

/** The base of all errors of this package. */
export class SessionError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
    this.status = 500;
  }
}

/**
 * The service or its store gave no usable answer. A page cannot know whether the session exists. After a failed
 * change it is unknown whether the change was made.
 */
export class Unavailable extends SessionError {
  constructor(message, options) {
    super(message, options);
    this.status = 503;
  }
}

/** The service refused the message itself, for a reason that the text names. */
export class Rejected extends SessionError {}

/** A value or a name that a session cannot hold. `key` is the name in the session. */
export class RefusedValue extends SessionError {
  constructor(key, reason) {
    super(`The session cannot hold ${quote(key)}: ${reason}`);
    this.key = key;
  }
}

/** A typed fault of the service. `detail` has the fields of the fault but the id. */
export class Fault extends SessionError {
  constructor(message, detail = {}) {
    super(message);
    this.detail = detail;
  }
}

/** There is no session with the id. */
export class NotFound extends Fault {}

/** The session was deleted: the user has logged out meanwhile. */
export class Deleted extends Fault {}

/** There is a session with the id that was to be new. */
export class Exists extends Fault {}

/** Another program has changed the session since it was read. */
export class Conflict extends Fault {}

/** The id is none that the service accepts. */
export class InvalidId extends Fault {}

/** The item stored under the id is no readable session. */
export class Unreadable extends Fault {}

/** The session is larger than the store accepts; detail.limit and detail.actual are in bytes. */
export class TooLarge extends Fault {}

export const faults = {
  SessionNotFoundFault: NotFound,
  SessionDeletedFault: Deleted,
  SessionExistsFault: Exists,
  VersionConflictFault: Conflict,
  InvalidSessionIdFault: InvalidId,
  UnreadableSessionFault: Unreadable,
  PayloadTooLargeFault: TooLarge,
};

/** Whether an error says that the session is no more: there is nothing to change, and nothing to read. */
export function isGone(error) {
  return [NotFound, Deleted, InvalidId, Unreadable].some((kind) => error instanceof kind);
}

/** Shows a name in a message, without control characters. */
export function quote(key) {
  return JSON.stringify(String(key).slice(0, 200));
}
