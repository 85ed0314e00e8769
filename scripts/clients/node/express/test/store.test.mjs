// The store: what express-session and other programs expect of one.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Conflict, Exists, Unavailable } from '../index.mjs';
import { ask, calls, close, content, keptLog, newId, soapStore } from './site.mjs';

const cookie = { originalMaxAge: null, httpOnly: true, path: '/' };

test('set, get and destroy', async () => {
  const store = soapStore();
  const id = newId();
  await ask(store, 'set', id, { cookie, a: 1 });
  const found = await ask(store, 'get', id);
  assert.deepEqual({ ...found, cookie: 0 }, { a: 1, cookie: 0 });
  await ask(store, 'set', id, Object.assign(found, { b: 2 }));
  assert.deepEqual(await content(id), { a: 1, b: 2 });
  await ask(store, 'set', id, { cookie, c: 3 });
  assert.deepEqual(await content(id), { c: 3 }, 'an object that was not read replaces all');
  await ask(store, 'destroy', id);
  assert.equal(await ask(store, 'get', id), null);
  await ask(store, 'destroy', id);
  store.destroy(newId()); // without a callback
  close(store);
});

test('a session that is absent is null, not an error', async () => {
  const store = soapStore();
  assert.equal(await ask(store, 'get', newId()), null);
  close(store);
});

test('an id that is none is not sent', async () => {
  const store = soapStore();
  const made = calls(store);
  for (const id of ['', 'x', 'deadbeef', 'a'.repeat(31), 'a'.repeat(65), 'A'.repeat(32), 'g'.repeat(32), `${'a'.repeat(32)}\n`, '../'.repeat(11), undefined, 7, {}]) {
    assert.equal(await ask(store, 'get', id), null);
    await ask(store, 'destroy', id);
    await assert.rejects(ask(store, 'set', id, { cookie }), /genid/);
  }
  assert.deepEqual(made.take(), []);
  close(store);
});

test('a session that was deleted is not brought back', async () => {
  const logger = keptLog();
  const store = soapStore({ logger });
  const id = newId();
  await ask(store, 'set', id, { cookie, a: 1 });
  const late = await ask(store, 'get', id);
  await ask(store, 'destroy', id);
  await ask(store, 'set', id, Object.assign(late, { a: 2 }));
  await ask(store, 'set', id, late);
  await ask(store, 'set', id, { cookie, a: 3 });
  assert.deepEqual(await content(id), {});
  assert.equal(logger.lines.length, 2);
  assert.ok(logger.lines.every((line) => line.includes('logged out') && !line.includes(id)));
  close(store);
});

test('an id that is taken is left alone', async () => {
  const store = soapStore();
  const id = newId();
  await ask(store, 'set', id, { cookie, owner: 'first' });
  await assert.rejects(store.sessions.create(id, new Map([['owner', 'second']]), 60), Exists);
  assert.deepEqual(await content(id), { owner: 'first' });
  close(store);
});

test('8 writers with 40 changes each lose none', async () => {
  const store = soapStore();
  const id = newId();
  await ask(store, 'set', id, { cookie, start: 1 });
  await Promise.all(Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; i < 40; i++) {
      const found = await ask(store, 'get', id);
      found[`w${writer}_${i}`] = i;
      await ask(store, 'set', id, found);
    }
  }));
  const found = await content(id);
  assert.equal(Object.keys(found).length, 321);
  close(store);
});

test('exact keys count each page', async () => {
  const store = soapStore({ exact: ['count', 'list'] });
  const id = newId();
  await ask(store, 'set', id, { cookie, count: 0, list: [] });
  const pages = await Promise.all([1, 2, 3].map(() => ask(store, 'get', id)));
  for (const page of pages) page.count += 1;
  for (const page of pages) await ask(store, 'set', id, page);
  assert.equal((await content(id)).count, 3);
  assert.equal(pages[2].count, 3, 'the page sees what was stored');
  pages[0].count += 1; // a second change of the page that was first
  await ask(store, 'set', id, pages[0]);
  assert.equal((await content(id)).count, 4);

  const [first, second] = await Promise.all([1, 2].map(() => ask(store, 'get', id)));
  first.list.push(1);
  second.list.push(2);
  await ask(store, 'set', id, first);
  await assert.rejects(ask(store, 'set', id, second), (error) => error instanceof Conflict && /"list"/.test(error.message));
  assert.deepEqual((await content(id)).list, [1]);
  close(store);
});

test('exchanges', async () => {
  const store = soapStore();
  const made = calls(store);
  const id = newId();
  await ask(store, 'set', id, { cookie, a: [1] });
  made.take();
  const found = await ask(store, 'get', id);
  await ask(store, 'touch', id, found);
  await ask(store, 'set', id, found);
  assert.deepEqual(made.take(), ['getSession'], 'nothing has changed');
  found.a.push(2);
  await ask(store, 'set', id, found);
  assert.deepEqual(made.take(), ['updateSession']);
  await ask(store, 'touch', id, { cookie });
  assert.deepEqual(made.take(), ['touchSession'], 'a session that was not read');
  close(store);
});

async function left(store, id) {
  return Number((await store.sessions.client.get(id)).child('expiresIn').text);
}

function near(got, want) {
  assert.ok(Math.abs(got - want) <= 20, `${got}, want ${want}`);
}

test('time', async () => {
  const store = soapStore({ ttl: 500 });
  const id = newId();
  await ask(store, 'set', id, { cookie, a: 1 });
  near(await left(store, id), 500);
  await ask(store, 'set', id, { cookie: { ...cookie, originalMaxAge: 100_000 }, a: 1 });
  near(await left(store, id), 100);
  const found = await ask(store, 'get', id);
  near(await left(store, id), 100); // reading keeps the time of the session's own cookie
  assert.equal(found.cookie.originalMaxAge, 100_000);
  found.cookie.originalMaxAge = null;
  await ask(store, 'set', id, found);
  near(await left(store, id), 500);
  await ask(store, 'set', id, { cookie: { ...cookie, originalMaxAge: -1000 }, a: 1 });
  assert.deepEqual(await content(id), {}, 'a time that is over');
  close(store);
});

test('the cookie of the option', async () => {
  const store = soapStore({ cookie: { maxAge: 200_000 } });
  const id = newId();
  await ask(store, 'set', id, { cookie: { ...cookie, originalMaxAge: 199_999 }, a: 1 });
  near(await left(store, id), 200);
  assert.deepEqual(await content(id), { a: 1 }, 'the cookie is not stored');
  const found = await ask(store, 'get', id);
  assert.equal(found.cookie.originalMaxAge, 200_000);
  near(found.cookie.expires - Date.now(), 200_000);
  close(store);
});

test('a clock that is wrong', async (t) => {
  t.mock.method(Date, 'now', () => 1000);
  const store = soapStore();
  const id = newId();
  await ask(store, 'set', id, { cookie, a: 1 });
  assert.equal((await ask(store, 'get', id)).a, 1);
  close(store);
});

test('the absolute timeout', async () => {
  const store = soapStore({ lifetime: 90, ttl: 500 });
  const id = newId();
  await ask(store, 'set', id, { cookie, a: 1 });
  assert.ok(await left(store, id) <= 90);
  await ask(store, 'get', id);
  assert.ok(await left(store, id) <= 90, 'reading does not move it');
  close(store);
});

test('the service is down', async () => {
  const store = soapStore({ url: 'http://127.0.0.1:1/soap' });
  for (const [method, ...args] of [['get', newId()], ['set', newId(), { cookie, a: 1 }], ['touch', newId(), { cookie }], ['destroy', newId()]]) {
    await assert.rejects(ask(store, method, ...args), Unavailable, method);
  }
  close(store);
});

test('attributes of other applications survive', async () => {
  const store = soapStore();
  const id = newId();
  await ask(store, 'set', id, { cookie, a: 1 });
  await store.sessions.client.update(id, '<entry><key>php/cart</key><value>full</value></entry><entry><key>bare</key><value>x</value></entry>', [], 0);
  const found = await ask(store, 'get', id);
  delete found.a;
  found['php/cart'] = 'mine';
  await ask(store, 'set', id, found);
  const names = (await store.sessions.client.get(id)).child('attributes').children.map((entry) => entry.child('key').text);
  assert.deepEqual(names.sort(), ['bare', 'php/cart', 'test/php/cart']);
  close(store);
});

test('names of a session itself cannot be shared', () => {
  assert.throws(() => soapStore({ shared: ['save'] }), TypeError);
  assert.throws(() => soapStore({ cookie: () => ({}) }), TypeError);
});
