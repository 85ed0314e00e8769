// Values of JavaScript as XML of the contract, and back.

import { RefusedValue, Unavailable } from './errors.mjs';

export const NAMESPACE = 'urn:memcached-soap:session:v1';
const DEPTH = 100; // levels of nested values

// XML cannot represent these characters.
// eslint-disable-next-line no-control-regex
const UNREPRESENTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const LONE = /\p{Surrogate}/u;
const MIN = -(1n << 63n);
const MAX = (1n << 63n) - 1n;
// No UTF-8 text begins with the first byte, so no text is taken for an object.
const OBJECT = Buffer.concat([Buffer.of(0xff), Buffer.from('object:')]);

const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** Escapes a text. A carriage return would arrive as a line feed. */
export function text(value) {
  return value.replace(/[&<>\r]/g, (character) => escapes[character]);
}

/** Writes the name of an attribute or of an entry of a hash. */
export function name(value) {
  if (UNREPRESENTABLE.test(value) || value.startsWith('base64:')) return `base64:${Buffer.from(value).toString('base64')}`;
  return text(value);
}

/** Reads what name has written. */
export function readName(value) {
  return value.startsWith('base64:') ? Buffer.from(value.slice(7), 'base64').toString() : value;
}

/** Translates values. objects are of the form {type, name, toBytes, fromBytes}. */
export class Codec {
  #objects;

  constructor(objects = []) {
    this.#objects = objects;
  }

  /**
   * Returns the XML of a value of the attribute key. isPrivate says whether no other application reads it: only then
   * it may be an object. Throws RefusedValue for a value that a session cannot hold.
   */
  encode(key, value, isPrivate = true) {
    return this.#encode(key, value, isPrivate, 0);
  }

  #encode(key, value, isPrivate, depth) {
    if (depth > DEPTH) throw new RefusedValue(key, `it is nested more than ${DEPTH} levels deep, or contains itself`);
    switch (typeof value) {
      case 'string':
        return textValue(key, value);
      case 'boolean':
        return `<value>${value}</value><type>boolean</type>`;
      case 'number':
        return numberValue(key, value);
      case 'undefined': // in an array, as in JSON
        return '<undef>true</undef>';
      case 'object':
        return value === null ? '<undef>true</undef>' : this.#encodeObject(key, value, isPrivate, depth);
      default:
        // JSON has no bigint, and express-session makes JSON of each session.
        throw new RefusedValue(key, `values of the type ${typeof value} are refused`);
    }
  }

  #encodeObject(key, value, isPrivate, depth) {
    const known = this.#objects.find(({ type }) => value.constructor === type);
    if (known) {
      if (!isPrivate) throw new RefusedValue(key, `an attribute that is shared cannot be an object (${known.name})`);
      return binary(Buffer.concat([OBJECT, Buffer.from(`${known.name}:`), known.toBytes(value)]));
    }
    if (value instanceof Uint8Array) return binary(value);
    if (Array.isArray(value)) {
      const items = Array.from(value, (item) => `<item>${this.#encode(key, item, isPrivate, depth + 1)}</item>`);
      return `<list>${items.join('')}</list>`;
    }
    // As other stores of express-session do: a Date becomes text, for example.
    if (typeof value.toJSON === 'function') return this.#encode(key, value.toJSON(), isPrivate, depth + 1);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype) {
      throw new RefusedValue(key, `objects of the class ${prototype.constructor?.name} are refused; store text, numbers, `
        + 'booleans, null, Buffers, arrays and plain objects');
    }
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    const xml = entries.map(([inner, item]) => {
      checkText(key, inner);
      return `<entry><key>${name(inner)}</key>${this.#encode(key, item, isPrivate, depth + 1)}</entry>`;
    });
    return `<hash>${xml.join('')}</hash>`;
  }

  /** Returns the value of an entry or item. */
  decode(element) {
    const type = element.child('type')?.text;
    for (const child of element.children) {
      if (child.name === 'value') return scalar(child.text, type);
      if (child.name === 'binary') return this.#bytes(Buffer.from(child.text, 'base64'));
      if (child.name === 'list') return child.children.map((item) => this.decode(item));
      if (child.name === 'hash') {
        return Object.fromEntries(child.children.map((entry) => [readName(entry.child('key')?.text ?? ''), this.decode(entry)]));
      }
    }
    return null;
  }

  #bytes(value) {
    if (value.subarray(0, OBJECT.length).equals(OBJECT)) {
      const end = value.indexOf(':', OBJECT.length);
      const kind = value.subarray(OBJECT.length, end).toString();
      const known = end < 0 ? undefined : this.#objects.find((object) => object.name === kind);
      return known ? known.fromBytes(value.subarray(end + 1)) : value;
    }
    try {
      // The service sends as bytes what is no text, and text with characters that XML cannot represent.
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    } catch {
      return value;
    }
  }
}

function checkText(key, value) {
  if (LONE.test(value)) throw new RefusedValue(key, 'it has a text with a lone surrogate, which is no Unicode text');
}

function textValue(key, value) {
  checkText(key, value);
  return UNREPRESENTABLE.test(value) ? binary(Buffer.from(value)) : `<value>${text(value)}</value>`;
}

function numberValue(key, value) {
  if (!Number.isFinite(value)) throw new RefusedValue(key, 'it has a number that is not finite');
  if (Number.isSafeInteger(value)) return `<value>${value + 0}</value><type>int</type>`; // + 0: there is no -0 in JSON
  return `<value>${value}</value><type>double</type>`;
}

function binary(value) {
  return `<binary>${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}</binary>`;
}

function scalar(value, type) {
  switch (type) {
    case 'int': {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      if (BigInt(value) < MIN || BigInt(value) > MAX) throw new Unavailable('The session service sent a number that is none');
      return value; // its digits: a number of JavaScript would be another one
    }
    case 'double':
      return Number(value);
    case 'boolean':
      return value === 'true' || value === '1';
    default:
      return value;
  }
}
