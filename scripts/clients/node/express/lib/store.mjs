import session from 'express-session';

import { SessionError, isGone } from './errors.mjs';
import { validId } from './ids.mjs';
import { Sessions } from './sessions.mjs';

// What a Session of express-session has itself: no attribute can have these names.
const OWN = new Set(['req', 'id', 'cookie', 'touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate']);

/**
 * A store of express-session. It sends only what a page has changed.
 *
 * options are those of checkOptions, such as url and shared, and cookie, the same as is given to express-session.
 */
export class SoapStore extends session.Store {
  #cookie; // what the cookie of a session is like, unless the session has another one
  #stored = new WeakMap(); // session, or what get has returned: Stored
  #fresh = new WeakSet(); // sessions that generate has made
  #logins = new WeakSet(); // sessions whose absolute timeout begins anew
  #detached = new WeakSet(); // sessions that are not stored: the service is down, or they were logged out meanwhile
  #generate;

  constructor({ cookie = {}, ...options } = {}) {
    super();
    if (typeof cookie !== 'object') throw new TypeError('cookie must be an object');
    this.#cookie = new session.Cookie(cookie).data;
    delete this.#cookie.expires;
    this.sessions = new Sessions(options);
    for (const key of this.sessions.options.shared) {
      if (OWN.has(key)) throw new TypeError(`shared must not have ${key}: each session of express-session has it`);
    }
  }

  // express-session gives each store a function generate that makes a new session of a request.
  get generate() {
    return this.#generate;
  }

  set generate(generate) {
    this.#generate = (req) => {
      generate(req);
      this.#fresh.add(req.session);
    };
  }

  /** Reads a session, which also extends it. */
  get(id, callback) {
    settle(this.#get(id), callback);
  }

  async #get(id) {
    const ttl = this.#ttl(this.#cookie);
    const stored = await this.sessions.read(id, ttl);
    if (!stored) return null;
    const cookie = this.#readCookie(stored.data.get('cookie'));
    const own = this.#ttl(cookie);
    if (own !== ttl) {
      // The session has a time of its own, and reading has given it another one.
      if (own === 0) return this.sessions.delete(id).then(() => null);
      try {
        await this.sessions.touch(id, own);
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
      stored.ttl = own;
    }
    const found = Object.fromEntries(stored.data);
    found.cookie = cookie;
    this.#stored.set(found, stored);
    return found;
  }

  /** Makes the session of a request from what get has returned. */
  createSession(req, found) {
    const stored = this.#stored.get(found);
    const created = super.createSession(req, found);
    if (!stored) return created;
    for (const [key, value] of stored.data) {
      if (OWN.has(key)) {
        if (key !== 'cookie') stored.base.delete(this.sessions.attribute(key)); // it is not visible, and so not removed
      } else if (!Object.hasOwn(created, key)) define(created, key, value); // such as __proto__
    }
    this.#stored.set(created, stored);
    return created;
  }

  /**
   * Stores what has changed. If the session was logged out meanwhile, the change is dropped, and a line of the log says
   * so.
   */
  set(id, changed, callback) {
    settle(this.#set(id, changed), callback);
  }

  async #set(id, changed) {
    if (this.#detached.has(changed)) return;
    if (!validId(id)) throw new SessionError('The id of the session is none: give express-session the genid newId');
    const ttl = this.#ttl(changed.cookie ?? this.#cookie);
    if (ttl === 0) {
      await this.sessions.delete(id);
      return;
    }
    const data = this.#data(changed);
    if (this.#fresh.has(changed) && !this.#stored.has(changed)) {
      this.#stored.set(changed, await this.sessions.create(id, data, ttl));
      return;
    }
    try {
      const stored = this.#stored.get(changed) ?? await this.sessions.read(id, 0);
      if (stored) {
        await this.sessions.update(stored, data, ttl, this.#logins.delete(changed));
        for (const key of this.sessions.options.exact) if (data.has(key)) define(changed, key, data.get(key));
      } else {
        this.#stored.set(changed, await this.sessions.create(id, data, ttl));
      }
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#detached.add(changed);
      this.sessions.options.logger.warn(`The changes of a page were dropped, its session was logged out meanwhile: ${error.name}`);
    }
  }

  /** Gives a session its ttl again, unless reading it has done so. */
  touch(id, touched, callback) {
    const ttl = this.#ttl(touched.cookie ?? this.#cookie);
    if (this.#detached.has(touched) || this.#stored.get(touched)?.ttl === ttl) settle(Promise.resolve(), callback);
    else settle(this.#touch(id, ttl), callback);
  }

  async #touch(id, ttl) {
    try {
      await (ttl === 0 ? this.sessions.delete(id) : this.sessions.touch(id, ttl));
    } catch (error) {
      if (!isGone(error)) throw error; // nothing is lost: there was no change
    }
  }

  /** Deletes a session, in all applications: a logout. */
  destroy(id, callback) {
    settle(this.sessions.delete(id), callback);
  }

  /**
   * Makes a new, empty session with a new id, and deletes the former id. What other applications keep in the session of
   * a visitor goes over; if a user was logged in, nothing does.
   */
  regenerate(req, callback) {
    settle(this.#regenerate(req, false), callback);
  }

  /** As regenerate, but the session keeps what it holds, unless it was logged out meanwhile. */
  async renew(req) {
    await this.#regenerate(req, true);
    this.#logins.add(req.session);
  }

  /** Deletes the session of a request and gives it a new one: nothing of it is for the next user. */
  async discard(req) {
    await this.sessions.delete(req.session.id);
    this.generate(req);
  }

  async #regenerate(req, keep) {
    const former = req.session;
    const stored = former && this.#stored.get(former);
    if (!stored || (!keep && stored.data.has('uid'))) {
      if (stored) await this.sessions.delete(stored.id);
      this.generate(req);
      if (keep && former) this.#take(req.session, former);
      return;
    }
    this.generate(req);
    try {
      await this.sessions.rename(stored, req.sessionID);
    } catch (error) {
      if (isGone(error)) return; // it was logged out meanwhile: what it held is not for the next user
      // It is not known which id the session has. The error page must neither store one nor send its cookie.
      req.session = former;
      req.sessionID = former.id;
      this.#detached.add(former);
      throw error;
    }
    this.#stored.set(req.session, stored);
    if (keep) this.#take(req.session, former);
  }

  #take(to, from) {
    for (const [key, value] of Object.entries(from)) if (key !== 'cookie') define(to, key, value);
    to.cookie = from.cookie;
  }

  /** Gives a request an empty session that is never stored: the service is down, and the page is public. */
  detach(req) {
    this.generate(req);
    this.#detached.add(req.session);
    req.sessionID = undefined; // express-session sends no cookie then
  }

  /** Whether a session has something that must be stored, or that must be looked at. */
  isUsed(used) {
    return !this.#detached.has(used) && (this.#stored.has(used) || Object.keys(used).some((key) => key !== 'cookie'));
  }

  /** Deletes all sessions of a user and resolves to their number. The service needs --principal uid for it. */
  logoutEverywhere(uid) {
    return this.sessions.client.deleteAll(uid);
  }

  #data(changed) {
    const data = new Map(Object.entries(changed).filter(([key, value]) => key !== 'cookie' && typeof value !== 'undefined'));
    const age = changed.cookie?.originalMaxAge;
    // The class Cookie computes the age of the option with the clock, and so it may be a millisecond shorter.
    if (typeof age === 'number' && !(Math.abs(age - this.#cookie.originalMaxAge) < 1000)) data.set('cookie', { originalMaxAge: age });
    return data;
  }

  #readCookie(own) {
    const age = typeof own?.originalMaxAge === 'number' ? own.originalMaxAge : this.#cookie.originalMaxAge;
    const expires = typeof age === 'number' ? new Date(Date.now() + age) : null;
    return { ...this.#cookie, originalMaxAge: age, expires };
  }

  /** Returns the ttl of a session in seconds: that of its cookie, or the option. */
  #ttl(cookie) {
    const age = cookie.originalMaxAge;
    return typeof age === 'number' ? Math.max(0, Math.ceil(age / 1000)) : this.sessions.options.ttl;
  }
}

/** Sets a property, also one that is named as something that each object has. */
function define(object, key, value) {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}

/** Calls a callback with what a promise brings, outside of it: an error of the callback is not one of the promise. */
function settle(promise, callback = () => {}) {
  promise.then((value) => process.nextTick(callback, null, value), (error) => process.nextTick(callback, error));
}
