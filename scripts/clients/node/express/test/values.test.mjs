// Values and names that sessions hold, and those that they refuse.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';

import { RefusedValue, Rejected, TooLarge } from '../index.mjs';
import { Sessions } from '../lib/sessions.mjs';
import { newId, url } from './site.mjs';

const sessions = new Sessions({ url, app: 'test', shared: ['color'], timeout: 30_000 });
after(() => sessions.client.close());

async function back(value, of = sessions) {
  const { id } = await of.create(newId(), new Map([['the.key', value]]), 60);
  return (await of.read(id, 0)).data.get('the.key');
}

test('values of each kind come back', async () => {
  let deep = 'deepest';
  for (let i = 0; i < 90; i++) deep = [deep];
  for (const value of ['', 'zoë 🦊 <&> ]]> \'"', 'a\r\nb\rc\n\t ', 'a\0b\x1f\ufffe\uffff', '0042', 'true', '\ufeffbom', 0, -1, 1.5, 1e308, 5e-324,
    Number.MAX_SAFE_INTEGER, 2 ** 53, 1e21, true, false, null, [], {}, [null, [], {}], Buffer.of(0xff), Buffer.of(0, 0xff, 0xfe),
    { '': 1, 'a/b.c#t': [], constructor: 2, 'base64:': 3, 'nul\0': 4, '🦊': 5 }, deep]) {
    assert.deepEqual(await back(value), value);
  }
  const proto = JSON.parse('{"__proto__": {"admin": true}}');
  const found = await back(proto);
  assert.deepEqual(Object.getOwnPropertyDescriptor(found, '__proto__').value, { admin: true });
  assert.equal(found.admin, undefined);
});

test('values that change', async () => {
  for (const [value, want] of [[Buffer.from('text'), 'text'], [new Uint8Array([0xff]), Buffer.of(0xff)], [-0, 0], [[undefined], [null]],
    [{ a: undefined }, {}], [new Date(0), '1970-01-01T00:00:00.000Z'], [Object.create(null), {}]]) {
    assert.deepEqual(await back(value), want);
  }
});

test('a whole number that JavaScript cannot represent comes as its digits', async () => {
  const { id } = await sessions.create(newId(), new Map([['other', 1]]), 60);
  await sessions.client.update(id, '<entry><key>test/n</key><value>9007199254740993</value><type>int</type></entry>', [], 0);
  const stored = await sessions.read(id, 0);
  assert.equal(stored.data.get('n'), '9007199254740993');
});

test('values that are refused', async () => {
  const endless = [];
  endless.push(endless);
  class Own {}
  for (const value of [new Own(), new Map(), new Set(), () => 1, Symbol('x'), 1n, NaN, Infinity, /x/, new Error('x'), '\ud800', { '\udc00': 1 }, endless]) {
    for (const wrapped of [value, [value], { inner: value }]) {
      await assert.rejects(back(wrapped), (error) => error instanceof RefusedValue && error.key === 'the.key' && /"the\.key"/.test(error.message));
    }
  }
});

test('objects of the allow-list', async () => {
  class Point {
    constructor(x) {
      this.x = x;
    }
  }
  const objects = [{ type: Point, name: 'point', toBytes: (p) => Buffer.from(String(p.x)), fromBytes: (b) => new Point(Number(b)) }];
  const own = new Sessions({ url, app: 'test', objects });
  const { id } = await own.create(newId(), new Map([['p', [new Point(3)]]]), 60);
  assert.deepEqual((await own.read(id, 0)).data.get('p'), [new Point(3)]);
  assert.ok(Buffer.isBuffer((await sessions.read(id, 0)).data.get('p')[0]), 'an application that does not allow the class gets bytes');
  await assert.rejects(own.create(newId(), new Map([['uid', new Point(1)]]), 60), /shared/);
  own.client.close();
});

test('names of each kind', async () => {
  const names = ['', 'a.b', 'a/b', 'test/x', '../x', 'zoë', '🦊', '<&>', 'nul\0', '\ufffe', 'base64:YQ==', ' ', 'k'.repeat(65536), 'color', 'uid',
    '__proto__', 'constructor'];
  const { id } = await sessions.create(newId(), new Map(names.map((name) => [name, name])), 60);
  const { data } = await sessions.read(id, 0);
  assert.deepEqual([...data].sort(), names.map((name) => [name, name]).sort());
});

test('names that are refused', async () => {
  for (const name of ['_session_id', '_session_end', '_session_kind', '_lastSeen', 'uid_MD5', '\n_MD5', '\ud800']) {
    await assert.rejects(sessions.create(newId(), new Map([[name, 'x']]), 60), RefusedValue);
  }
});

test('two applications have the same key for themselves, and share others', async () => {
  const other = new Sessions({ url, app: 'other', shared: ['color'] });
  const { id } = await sessions.create(newId(), new Map([['same', 'test'], ['color', 'red']]), 60);
  const read = await other.read(id, 0);
  assert.deepEqual([...read.data], [['color', 'red']]);
  await other.update(read, new Map([['same', 'other'], ['color', 'blue']]), 60, false);
  assert.deepEqual(Object.fromEntries((await sessions.read(id, 0)).data), { same: 'test', color: 'blue' });
  other.client.close();
});

test('a value that is too large is named', async () => {
  const stored = await sessions.create(newId(), new Map([['a', 1]]), 60);
  for (const size of [1_500_000, 8_000_000]) {
    await assert.rejects(sessions.update(stored, new Map([['a', 1], ['big', randomBytes(size)]]), 60, false),
      (error) => (error instanceof TooLarge || error instanceof Rejected) && error.message.includes('"test/big"'));
  }
  assert.deepEqual([...(await sessions.read(stored.id, 0)).data], [['a', 1]]);
});

test('wrong options', () => {
  for (const wrong of [{}, { url: 'localhost' }, { url: 'ftp://a/' }, { url: 'http://a:b@c/' }, { url, nonsense: 1 }, { url, user: 'x' },
    { url, key: 'a', user: 'b', password: 'c' }, { url, key: 'a\nb' }, { url, timeout: 0 }, { url, ttl: 0 }, { url, ttl: '60' }, { url, lifetime: -1 },
    { url, app: 'a/b' }, { url, shared: 'color' }, { url, shared: ['uid_MD5'] }, { url, shared: [''] }]) {
    assert.throws(() => new Sessions(wrong), TypeError, JSON.stringify(wrong));
  }
  assert.throws(() => new Sessions({ url, caFile: '/nonexistent.pem' }), /ENOENT/);
});
