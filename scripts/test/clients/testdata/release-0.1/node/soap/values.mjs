// Converts values: a text is in the element value, bytes are in binary, and lists
// and hashes hold further values.
import { list } from './walk.mjs';

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

// Returns the members of an entry or an item for a JavaScript value. The package
// does not encode bytes as base64.
export function members(v) {
  if (v === null) return { undef: true };
  if (typeof v === 'string') return { value: v };
  if (Buffer.isBuffer(v)) return { binary: v.toString('base64') };
  if (Array.isArray(v)) return { list: { item: v.map(members) } };
  return { hash: { entry: entries(v) } };
}

export const entries = (object) => Object.entries(object).map(([key, v]) => ({ key, ...members(v) }));

// Returns the JavaScript value of an entry or an item. The package returns null
// for an empty element.
export function value(v) {
  if (v.value !== undefined) return v.value ?? '';
  if (v.binary !== undefined) return Buffer.from(v.binary ?? '', 'base64');
  if (v.list !== undefined) return list(v.list?.item).map((item) => value(item ?? {}));
  if (v.hash !== undefined) return Object.fromEntries(list(v.hash?.entry).map((entry) => [entry.key, value(entry)]));
  return null;
}

export const fixtures = {
  write: {
    plain: 'plain',
    special: '<&>"\']]>',
    accents: 'é ü ß ñ – €',
    emoji: '😀 🎉',
    lines: 'LF\nCRLF\r\nCR\rtab\tend',
    blanks: '  outer blanks  ',
    empty: '',
    undef: null,
    bytes: allBytes,
    'a key with <blanks>': 'key',
    nested: { list: ['a', null, Buffer.from([0, 255]), { k: 'v' }], undef: null, bytes: Buffer.from([0, 1]) },
    single: ['one'],
    emptylist: [],
    emptyhash: {},
  },
  writecontrol: { control: 'XML has no \x01' },
  writetext: { text900k: '0123456789'.repeat(90000) },
  writebig: { bytes900k: Buffer.alloc(900000, allBytes) },
};

const hex = (text) => Buffer.from(text).toString('hex');

// Returns a value in the form that the tests compare.
export function rendered(v) {
  if (v === null) return 'u';
  if (typeof v === 'string') return `t:${hex(v)}`;
  if (Buffer.isBuffer(v)) return `b:${v.toString('hex')}`;
  if (Array.isArray(v)) return `l(${v.map(rendered).join(',')})`;
  return `h(${Object.entries(v).map(([key, item]) => `${hex(key)}=${rendered(item)}`).sort().join(',')})`;
}
