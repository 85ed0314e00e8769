import { randomBytes } from 'node:crypto';

import session from 'express-session';

import { readId, sendRawId, signedHeader } from './cookie.mjs';
import { Unavailable } from './errors.mjs';
import { newId } from './ids.mjs';
import { SoapStore } from './store.mjs';

/**
 * Returns middleware that gives each request the session that it shares with other applications: express-session with
 * a SoapStore, the raw id in the cookie, and changes that are stored before the answer begins, so that an error of the
 * service is an error page.
 *
 * name, cookie, rolling and proxy are those of express-session. publicPaths is an array of prefixes of paths that also
 * work without a session, while the service is down. All other options are those of SoapStore.
 *
 * The middleware has the methods login(req, uid, attributes), logout(req, res) and logoutEverywhere(uid), and its store.
 */
export function sharedSession({ name = 'sessionid', cookie = {}, rolling = false, proxy, publicPaths = [], ...options }) {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw new TypeError('name must be one that a cookie can have');
  if (!Array.isArray(publicPaths)) throw new TypeError('publicPaths must be an array of prefixes of paths');
  if (cookie.secure === 'auto' || cookie.sameSite === 'auto') throw new TypeError('cookie.secure and cookie.sameSite must not be auto');
  const attributes = { httpOnly: true, sameSite: 'lax', path: '/', ...cookie };
  const store = new SoapStore({ cookie: attributes, ...options });
  const secret = randomBytes(32).toString('hex');
  const inner = session({
    name, cookie: attributes, rolling, proxy, store, secret, genid: newId, resave: false, saveUninitialized: false,
  });
  const isPublic = (req) => publicPaths.some((prefix) => req.originalUrl.startsWith(prefix));

  function middleware(req, res, next) {
    if (req.session) {
      next();
      return;
    }
    const { cookie: header } = req.headers;
    const restore = () => {
      if (header === undefined) delete req.headers.cookie;
      else req.headers.cookie = header;
    };
    const id = readId(header, name);
    if (id) req.headers.cookie = signedHeader(name, id, secret);
    else delete req.headers.cookie;
    sendRawId(res, name);
    inner(req, res, (error) => {
      restore();
      if (error instanceof Unavailable && isPublic(req)) {
        store.sessions.options.logger.warn(`A public page goes on without a session: ${error.message}`);
        store.detach(req);
      } else if (error) {
        next(error);
        return;
      }
      saveFirst(req, res, next);
    });
    restore(); // express-session has read the header
  }

  /** Stores the session before the answer begins. */
  function saveFirst(req, res, next) {
    const { end } = res;
    res.end = function endAfterSaving(...args) {
      res.end = end;
      if (res.headersSent || !req.session || !store.isUsed(req.session)) return end.apply(res, args);
      res.end = () => res; // the answer has an end already
      store.set(req.sessionID, req.session, (error) => {
        res.end = end;
        if (!error) {
          end.apply(res, args);
        } else if (error instanceof Unavailable && isPublic(req)) {
          store.sessions.options.logger.warn(`The changes of a public page were dropped: ${error.message}`);
          forget(req);
          end.apply(res, args);
        } else {
          forget(req);
          for (const header of res.getHeaderNames()) if (/^(content-|etag|last-modified|transfer-)/.test(header)) res.removeHeader(header);
          next(error);
        }
      });
      return res;
    };
    next();
  }

  return Object.assign(middleware, {
    store,

    /**
     * Makes the session that of a user, with a new id; call it after the user has proved who it is. attributes are cn,
     * mail, groups (an array), authenticationLevel and other shared ones. _utime, the time of the login, is set. What
     * the session held stays, unless it was of another user.
     */
    async login(req, uid, attributes = {}) {
      const { uid: former } = req.session;
      if (former !== undefined && former !== null && former !== uid) await store.discard(req);
      await store.renew(req);
      Object.assign(req.session, { _utime: Math.floor(Date.now() / 1000), ...attributes, uid });
    },

    /** Deletes the session, in all applications, and the cookie. */
    async logout(req, res) {
      const { session: former } = req;
      forget(req);
      if (former) await store.sessions.delete(former.id);
      const { domain, path, secure, sameSite, httpOnly } = attributes;
      res.clearCookie(name, { domain, path, secure, sameSite, httpOnly });
    },

    /** Deletes all sessions of a user, as after a change of the password, and resolves to their number. */
    logoutEverywhere: (uid) => store.logoutEverywhere(uid),
  });
}

/** Takes the session from a request, so that express-session neither stores it nor sends its cookie. */
function forget(req) {
  req.session = undefined;
  req.sessionID = undefined;
}
