// The middleware: the cases of express-session's own tests that concern a store and a cookie, and what the adapter
// promises beyond them.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';

import { Unavailable, sharedSession } from '../index.mjs';
import { ask, calls, content, down, keptLog, newId, serve, soapStore, url } from './site.mjs';

const pages = {
  '/get': (session) => session.a,
  '/set': (session, req) => {
    session.a = Number(req.query.v ?? 1);
  },
  '/append': (session) => {
    (session.list ??= []).push(1);
  },
  '/none': () => 'no use of the session',
  '/keys': (session) => Object.keys(session).sort(),
  '/login': (session, req, res, sessions) => sessions.login(req, req.query.uid, { groups: ['users'] }),
  '/logout': (session, req, res, sessions) => sessions.logout(req, res),
  '/regenerate': (session, req) => new Promise((resolve, reject) => {
    session.regenerate((error) => {
      if (error) {
        reject(error);
        return;
      }
      req.session.b = 2;
      resolve();
    });
  }),
  '/destroy': (session) => new Promise((resolve, reject) => {
    session.destroy((error) => (error ? reject(error) : resolve()));
  }),
  '/reload': (session) => new Promise((resolve, reject) => {
    session.a = 'not saved';
    session.reload((error) => (error ? reject(error) : resolve()));
  }).then(() => 'reloaded'),
};

test('a new session', async (t) => {
  const { browser } = await serve(t, pages);
  const b = browser();
  await b.get('/set');
  assert.match(b.sent[0], /^sessionid=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.equal(await b.get('/get'), 1);
  assert.deepEqual(b.sent, [], 'the browser has the cookie');
  assert.deepEqual(await b.get('/keys'), ['a', 'cookie']);
});

test('a session without content is not stored', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  const made = calls(sessions.store);
  const b = browser();
  await b.get('/get');
  await b.get('/none');
  assert.equal(b.id, undefined);
  assert.deepEqual(made.take(), []);
});

test('exchanges of each page', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  const b = browser();
  const made = calls(sessions.store);
  for (const [path, want] of [['/set', ['setSession']], ['/get', ['getSession']], ['/set', ['getSession']], ['/set?v=2', ['getSession', 'updateSession']],
    ['/append', ['getSession', 'updateSession']]]) {
    await b.get(path);
    assert.deepEqual(made.take(), want, path);
  }
});

test('a change within an array is stored', async (t) => {
  const { browser } = await serve(t, pages);
  const b = browser();
  await b.get('/append');
  await b.get('/append');
  assert.deepEqual((await content(b.id)).list, [1, 1]);
});

test('an id that is not in the store, or none, gets a new one', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  for (const cookie of ['0123456789abcdef'.repeat(2), 'x', '"', 'a'.repeat(31), 'a'.repeat(65), 'A'.repeat(32), 's%3Aabc.def', 's:', '%', `${'a'.repeat(32)}%00`,
    `${'a'.repeat(32)}=`, 'a'.repeat(8000)]) {
    const b = browser(cookie);
    const made = calls(sessions.store);
    await b.get('/set');
    assert.equal(b.status, 200, cookie);
    assert.match(b.id, /^[0-9a-f]{32}$/);
    assert.notEqual(b.id, cookie);
    assert.equal(made.take().length, /^[0-9a-f]{32}$/.test(cookie) ? 2 : 1);
  }
});

test('a signed cookie is none', async (t) => {
  const { browser } = await serve(t, pages);
  const b = browser();
  await b.get('/set');
  const forged = browser(encodeURIComponent(`s:${b.id}.${createHmac('sha256', 'keyboard cat').update(b.id).digest('base64').replace(/=+$/, '')}`));
  assert.equal(await forged.get('/get'), null);
});

test('the header of the request stays as it is', async (t) => {
  const { browser } = await serve(t, { '/header': (session, req) => req.headers.cookie ?? 'none' });
  for (const id of [newId(), 'x', undefined]) {
    assert.equal(await browser(id).get('/header'), id === undefined ? 'none' : `sessionid=${id}`);
  }
});

test('other cookies, name and attributes', async (t) => {
  const cookie = { domain: 'example.com', path: '/', httpOnly: false, maxAge: 60_000, sameSite: 'strict' };
  const { browser } = await serve(t, {
    '/set': (session, req, res) => {
      session.a = 1;
      res.cookie('other', 's:x.y');
    },
  }, { name: 'sid', cookie, rolling: true });
  const b = browser();
  await b.get('/set');
  assert.match(b.sent[0], /^sid=[0-9a-f]{32}; Domain=example.com; Path=\/; Expires=.* GMT; SameSite=Strict$/);
  await b.get('/set');
  assert.match(b.sent[0], /^sid=[0-9a-f]{32};/, 'rolling');
});

test('reserved properties of a stored session', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  const b = browser();
  await b.get('/set');
  const entries = ['save', 'id', 'req', 'cookie', '__proto__', 'constructor'].map((name) => `<entry><key>test/${name}</key><value>nope</value></entry>`).join('');
  await sessions.store.sessions.client.update(b.id, entries, [], 0);
  assert.deepEqual(await b.get('/keys'), ['__proto__', 'a', 'constructor', 'cookie']);
  await b.get('/set?v=5');
  const found = await content(b.id);
  assert.deepEqual([found.a, found.save, found.id, found.req], [5, 'nope', 'nope', 'nope'], 'what the session does not show is not removed');
});

test('login gives a new id and keeps the session', async (t) => {
  const { browser } = await serve(t, pages);
  const b = browser();
  await b.get('/set');
  const before = b.id;
  await b.get('/login?uid=zo%C3%AB');
  assert.notEqual(b.id, before);
  assert.deepEqual(await content(before), {});
  const found = await content(b.id);
  assert.ok(Math.abs(found._utime - Date.now() / 1000) < 60);
  assert.deepEqual({ ...found, _utime: 0 }, { a: 1, uid: 'zoë', groups: ['users'], _utime: 0 });
  const again = b.id;
  await b.get('/login?uid=zo%C3%AB');
  assert.notEqual(b.id, again);
  assert.equal((await content(b.id)).a, 1);
});

test('login of another user keeps nothing', async (t) => {
  const { browser } = await serve(t, pages);
  const b = browser();
  await b.get('/login?uid=first');
  await b.get('/set');
  const first = b.id;
  await b.get('/login?uid=second');
  assert.deepEqual(Object.keys(await content(b.id)).sort(), ['_utime', 'groups', 'uid']);
  assert.deepEqual(await content(first), {});
});

test('login moves the absolute timeout', async (t) => {
  const { browser, sessions } = await serve(t, pages, { lifetime: 300, ttl: 500 });
  const b = browser();
  await b.get('/set');
  const left = async () => Number((await sessions.store.sessions.client.get(b.id)).child('expiresIn').text);
  await sessions.store.sessions.client.update(b.id, '', [], 0, undefined, 90);
  assert.ok(await left() <= 90);
  await b.get('/get');
  assert.ok(await left() <= 90);
  await b.get('/login?uid=zoe');
  assert.ok(await left() > 290);
});

test('a login whose outcome is unknown is an error page, and changes nothing else', async (t) => {
  for (const path of ['/login?uid=zoe', '/regenerate']) {
    const { browser, sessions } = await serve(t, pages);
    const b = browser();
    await b.get('/set');
    const before = b.id;
    t.mock.method(sessions.store.sessions.client, 'rename', async () => {
      throw new Unavailable('no answer');
    });
    const made = calls(sessions.store);
    await b.get(path);
    assert.deepEqual([b.status, b.sent, made.take()], [503, [], ['getSession']], path);
    assert.deepEqual(await content(before), { a: 1 });
  }
});

test('login while the session is logged out', async (t) => {
  const store = soapStore();
  const { browser } = await serve(t, {
    ...pages,
    '/late': async (session, req, res, sessions) => {
      await ask(store, 'destroy', session.id);
      await sessions.login(req, 'zoe');
    },
  });
  const b = browser();
  await b.get('/set');
  const before = b.id;
  await b.get('/late');
  assert.notEqual(b.id, before);
  assert.deepEqual(Object.keys(await content(b.id)).sort(), ['_utime', 'uid']);
  store.sessions.client.close();
});

test('regenerate of a visitor keeps what others store', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  const b = browser();
  await b.get('/set');
  const before = b.id;
  await sessions.store.sessions.client.update(before, '<entry><key>php/cart</key><value>full</value></entry>', [], 0);
  await b.get('/regenerate');
  assert.notEqual(b.id, before);
  assert.deepEqual(await content(before), {});
  const names = (await sessions.store.sessions.client.get(b.id)).child('attributes').children.map((entry) => entry.child('key').text);
  assert.deepEqual(names.sort(), ['php/cart', 'test/b']);
});

test('regenerate of a user keeps nothing', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  const b = browser();
  await b.get('/login?uid=zoe');
  const before = b.id;
  await sessions.store.sessions.client.update(before, '<entry><key>php/cart</key><value>full</value></entry>', [], 0);
  await b.get('/regenerate');
  assert.deepEqual(await content(before), {});
  assert.equal((await sessions.store.sessions.client.get(b.id)).child('attributes').children.length, 1);
});

test('destroy and logout', async (t) => {
  const { browser } = await serve(t, pages);
  for (const path of ['/destroy', '/logout']) {
    const b = browser();
    await b.get('/set');
    const { id } = b;
    await b.get(path);
    assert.deepEqual(await content(id), {});
    assert.equal(b.id, path === '/logout' ? undefined : id);
    assert.equal(await b.get('/get'), null);
  }
});

test('reload', async (t) => {
  const { browser } = await serve(t, pages);
  const b = browser();
  await b.get('/set?v=7');
  assert.equal(await b.get('/reload'), 'reloaded');
  assert.equal(await b.get('/get'), 7);
});

test('logout everywhere', async (t) => {
  const { browser, sessions } = await serve(t, pages);
  const ids = [];
  for (let i = 0; i < 3; i++) {
    const b = browser();
    await b.get('/login?uid=express-everywhere');
    ids.push(b.id);
  }
  assert.equal(await sessions.logoutEverywhere('express-everywhere'), 3);
  for (const id of ids) assert.deepEqual(await content(id), {});
});

test('a page whose session was logged out meanwhile is sent, and its change is dropped', async (t) => {
  const logger = keptLog();
  const other = soapStore();
  const { browser } = await serve(t, {
    ...pages,
    '/slow': async (session) => {
      session.a = 2;
      await ask(other, 'destroy', session.id);
      return 'done';
    },
  }, { logger });
  const b = browser();
  await b.get('/set');
  const { id } = b;
  assert.equal(await b.get('/slow'), 'done');
  assert.deepEqual([b.status, b.sent], [200, []]);
  assert.deepEqual(await content(id), {});
  assert.ok(logger.lines.join().includes('logged out') && !logger.lines.join().includes(id));
  other.sessions.client.close();
});

test('pages of one session in parallel', async (t) => {
  const { browser } = await serve(t, {
    '/put': (session, req) => {
      session[req.query.k] = 1;
    },
  });
  const b = browser();
  await b.get('/put?k=start');
  await Promise.all(Array.from({ length: 40 }, (_, i) => browser(b.id).get(`/put?k=w${i}`)));
  assert.equal(Object.keys(await content(b.id)).length, 41);
});

test('the service is down', async (t) => {
  const { browser } = await serve(t, pages, { url: down });
  const id = newId();
  const b = browser(id);
  await b.get('/get');
  assert.deepEqual([b.status, b.sent], [503, []]);
  const fresh = browser();
  const text = await fresh.get('/set');
  assert.deepEqual([fresh.status, fresh.sent], [503, []], 'a new session');
  assert.doesNotMatch(text, new RegExp(id));
  await browser().get('/none');
});

test('public pages while the service is down', async (t) => {
  const { browser } = await serve(t, pages, { url: down, publicPaths: ['/get', '/set'] });
  for (const path of ['/get', '/set']) {
    for (const id of [newId(), undefined]) {
      const b = browser(id);
      await b.get(path);
      assert.deepEqual([b.status, b.sent], [200, []], path);
    }
  }
  const b = browser(newId());
  await b.get('/keys');
  assert.equal(b.status, 503);
});

test('a value that is refused is named, and nothing is sent', async (t) => {
  const { browser } = await serve(t, {
    '/bad': (session) => {
      session['the.key'] = new Map();
      return { page: 'that must not be sent' };
    },
    '/bigint': (session) => {
      session['the.key'] = 1n;
    },
  });
  for (const path of ['/bad', '/bigint']) {
    const b = browser();
    const text = await b.get(path);
    assert.deepEqual([b.status, b.sent], [500, []]);
    assert.match(text, /"the\.key"/);
    assert.doesNotMatch(text, /must not/);
  }
});

test('an answer in parts', async (t) => {
  const { browser } = await serve(t, {
    '/parts': (session, req, res) => {
      session.a = 1;
      res.write('"one');
      session.b = 2;
      res.end('two"');
    },
    '/ends': (session, req, res) => {
      session.a = 1;
      res.end(Buffer.from('"x"'), () => {});
      return res.end('again');
    },
  });
  const b = browser();
  assert.equal(await b.get('/parts'), 'onetwo');
  assert.deepEqual(await content(b.id), { a: 1, b: 2 });
  assert.equal(await browser().get('/ends'), 'x');
});

test('wrong options', () => {
  for (const wrong of [{ name: 'a b' }, { publicPaths: '/x' }, { cookie: { secure: 'auto' } }, { nonsense: 1 }, { secret: 'x' }]) {
    assert.throws(() => sharedSession({ url, ...wrong }), TypeError, JSON.stringify(wrong));
  }
});
