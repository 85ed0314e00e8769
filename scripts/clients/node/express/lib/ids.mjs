import { randomBytes } from 'node:crypto';

const ID = /^[0-9a-f]{32,64}$/;

/** Returns a new session id: 128 random bits. */
export function newId() {
  return randomBytes(16).toString('hex');
}

/** Whether a value, such as that of a cookie, can be a session id. Nothing else is sent to the service. */
export function validId(value) {
  return typeof value === 'string' && ID.test(value);
}
