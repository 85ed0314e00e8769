// Sessions of the service as an application sees them: read, changed, renamed, deleted.

import { Client } from './client.mjs';
import { Conflict, NotFound, Rejected, TooLarge, Unreadable, isGone, quote } from './errors.mjs';
import { newId, validId } from './ids.mjs';
import { Names } from './names.mjs';
import { checkOptions } from './options.mjs';
import { Codec, name, readName } from './values.mjs';

const ATTEMPTS = 3; // for changes of exact keys

/** What the service has of a session: what the application saw of it, when it was read or last changed. */
export class Stored {
  constructor(id, version, data, base, ttl) {
    this.id = id;
    this.version = version;
    this.data = data; // Map of key and value, as it was read
    this.base = base; // Map of attribute and XML of its value
    this.ttl = ttl; // seconds that the session was given; 0: it was not extended
  }
}

/** Calls the service for one application. Keys are those of the framework; values are Maps. */
export class Sessions {
  #names;
  #codec;
  #exact;

  constructor(options) {
    this.options = checkOptions(options);
    this.client = new Client(this.options);
    this.#names = new Names(this.options.app, this.options.shared);
    this.#codec = new Codec(this.options.objects);
    this.#exact = new Set(this.options.exact);
  }

  /**
   * Returns the Stored of an id, or null if no session has it. The session lives ttl more seconds; with 0 as long as
   * before. Rejects with Unavailable if the service does not say whether there is one.
   */
  async read(id, ttl) {
    if (!validId(id)) return null;
    let element;
    try {
      element = await this.client.get(id, ttl);
    } catch (error) {
      if (!isGone(error)) throw error;
      if (error instanceof Unreadable) {
        this.options.logger.warn(`A stored session is not readable; its user gets a new one: ${error.detail.reason ?? error.message}`);
      }
      return null;
    }
    const data = new Map();
    for (const entry of element.child('attributes').children) {
      const key = this.#names.key(readName(entry.child('key')?.text ?? ''));
      if (key !== null) data.set(key, this.#codec.decode(entry));
    }
    return new Stored(id, element.child('version').text, data, this.encode(data), ttl);
  }

  /** Returns the attributes of data as a Map of XML, by their stored names. */
  encode(data) {
    const encoded = new Map();
    for (const [key, value] of data) {
      if (value !== undefined) encoded.set(this.#names.stored(key), this.#codec.encode(key, value, this.#names.isPrivate(key)));
    }
    return encoded;
  }

  /** Returns the name of the attribute of a key. */
  attribute(key) {
    return this.#names.stored(key);
  }

  /** Stores a new session and returns its Stored. Rejects with Exists if there is one with the id. */
  async create(id, data, ttl) {
    const entries = this.encode(data);
    try {
      const version = await this.client.create(id, join(entries), ttl, this.options.lifetime);
      return new Stored(id, version, data, entries, ttl);
    } catch (error) {
      throw named(error, entries);
    }
  }

  /**
   * Sends what has changed since stored was read; nothing if nothing has. login says that the absolute timeout begins
   * anew. Rejects with an error that isGone knows if the session is no more: the change is dropped then. Rejects with
   * Conflict if a parallel page has changed a key that is exact and no whole number.
   */
  async update(stored, data, ttl, login) {
    const lifetime = login ? this.options.lifetime : 0;
    const wanted = this.encode(data);
    const entries = new Map([...wanted].filter(([key, value]) => stored.base.get(key) !== value));
    const removed = [...stored.base.keys()].filter((key) => !wanted.has(key));
    if (entries.size === 0 && removed.length === 0) {
      if (lifetime) await this.client.update(stored.id, '', [], ttl, undefined, lifetime);
      else if (ttl !== stored.ttl) await this.client.touch(stored.id, ttl);
      stored.ttl = ttl;
      return;
    }
    const exact = [...this.#exact].filter((key) => entries.has(this.#names.stored(key)) || removed.includes(this.#names.stored(key)));
    try {
      if (exact.length > 0) await this.#updateExact(stored, { data, entries, removed, exact, ttl, lifetime });
      else await this.client.update(stored.id, join(entries), removed, ttl, undefined, lifetime);
    } catch (error) {
      throw named(error, entries);
    }
    for (const key of removed) stored.base.delete(key);
    for (const [key, value] of entries) stored.base.set(key, value);
    stored.ttl = ttl;
  }

  /**
   * Makes a change of exact keys under the version of the session. If another page was faster, its number and the
   * difference that this page has made are added. change.data gets the sum.
   */
  async #updateExact(stored, change) {
    const before = new Map(change.exact.map((key) => [key, stored.data.get(key)]));
    let { version } = stored;
    for (let attempt = 1; ; attempt++) {
      version ??= await this.#again(stored, change, before);
      try {
        stored.version = await this.client.update(stored.id, join(change.entries), change.removed, change.ttl, version, change.lifetime);
        for (const key of change.exact) stored.data.set(key, change.data.get(key));
        return;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
        version = undefined;
      }
    }
  }

  /** Reads the session again and makes the changes of exact keys anew on what it holds now. */
  async #again(stored, { data, entries, exact }, before) {
    const current = await this.read(stored.id, 0);
    if (!current) throw new NotFound('There is no session with this id.');
    for (const key of exact) {
      const now = current.data.get(key);
      if (now === before.get(key)) continue;
      const numbers = [now ?? 0, before.get(key) ?? 0, data.get(key)];
      if (!numbers.every(Number.isSafeInteger)) {
        throw new Conflict(`Another page has changed ${quote(key)} at the same time, and it is no whole number.`);
      }
      data.set(key, numbers[0] + numbers[2] - numbers[1]);
      before.set(key, now);
      entries.set(this.#names.stored(key), this.#codec.encode(key, data.get(key)));
    }
    return current.version;
  }

  /**
   * Gives a session a new id; the former one is worth nothing from then on. Rejects with an error that isGone knows if
   * the session is no more.
   */
  async rename(stored, id = newId()) {
    await this.client.rename(stored.id, id);
    stored.id = id;
    stored.version = undefined; // what others have changed meanwhile went over: exact keys are read again
  }

  /** Gives a session a new ttl in seconds. */
  async touch(id, ttl) {
    if (validId(id)) await this.client.touch(id, ttl);
  }

  /** Deletes a session: a logout. What can be no id is ignored. */
  async delete(id) {
    if (validId(id)) await this.client.delete(id);
  }
}

function join(entries) {
  return [...entries].map(([key, value]) => `<entry><key>${name(key)}</key>${value}</entry>`).join('');
}

/** Returns an error with the name of the largest value, if a limit was exceeded. */
function named(error, entries) {
  const limit = error instanceof TooLarge || (error instanceof Rejected && error.message.includes('limit'));
  if (!limit || entries.size === 0) return error;
  const [key] = [...entries].reduce((a, b) => (b[0].length + b[1].length > a[0].length + a[1].length ? b : a));
  error.message += ` The largest value that was to be stored is ${quote(key)}.`;
  return error;
}

