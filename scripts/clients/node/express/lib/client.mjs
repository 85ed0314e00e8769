import { Connection } from './connection.mjs';
import { Fault, Rejected, Unavailable, faults } from './errors.mjs';
import { NAMESPACE, name, text } from './values.mjs';
import { parse } from './xml.mjs';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?><Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>';
const TAIL = '</Body></Envelope>';
const MOST = 2 ** 31 - 1; // the contract has 32 bits for a ttl, more than the longest one that a service allows

/** The operations of the service that a session adapter needs. Each rejects with an error of errors.mjs. */
export class Client {
  #connection;

  constructor(options) {
    this.#connection = new Connection(options);
  }

  /** Returns the element of a session. ttl, in seconds, extends it; 0 does not. */
  get(id, ttl = 0) {
    return this.call('getSession', `${element('id', id)}${number('ttl', ttl)}<typed>true</typed>`, true);
  }

  /** Stores a session under an id that no session has, and returns its version. */
  async create(id, entries, ttl, lifetime = 0) {
    const result = await this.call('setSession', `${element('id', id)}<attributes>${entries}</attributes>${seconds(ttl)}`
      + `<updateOnly>false</updateOnly>${number('lifetime', lifetime)}<onlyNew>true</onlyNew>`);
    return result.child('version')?.text;
  }

  /** Changes attributes, with a version only if the session has it. Returns the new version. */
  async update(id, entries, removed, ttl, version = undefined, lifetime = 0) {
    const keys = removed.map((key) => `<key>${name(key)}</key>`).join('');
    const condition = version === undefined ? '' : element('ifVersion', version);
    const result = await this.call('updateSession', `${element('id', id)}<set>${entries}</set><remove>${keys}</remove>`
      + `${seconds(ttl)}${condition}${number('lifetime', lifetime)}`);
    return result.child('version')?.text;
  }

  /** Gives a session a new ttl. */
  async touch(id, ttl) {
    await this.call('touchSession', element('id', id) + seconds(ttl), true);
  }

  /** Gives a session another id. */
  async rename(id, newId) {
    await this.call('renameSession', element('id', id) + element('newId', newId));
  }

  /** Deletes a session; there need not be one. */
  async delete(id) {
    await this.call('deleteSession', element('id', id), true);
  }

  /** Deletes all sessions of a user and returns how many. */
  async deleteAll(principal) {
    const result = await this.call('deleteSessions', element('principal', principal), true);
    return result.children.length;
  }

  /** Closes the connections that are not in use. */
  close() {
    this.#connection.close();
  }

  /** Calls an operation and returns the element of its result. */
  async call(operation, content, repeatable = false) {
    const message = `${HEAD}<${operation} xmlns="${NAMESPACE}">${content}</${operation}>${TAIL}`;
    const answer = await this.#connection.post(message, `${NAMESPACE}#${operation}`, repeatable);
    let body;
    try {
      body = parse(answer.body)?.child('Body');
    } catch (error) {
      throw new Unavailable(`The answer of the session service is no SOAP message; its HTTP status is ${answer.status}`, { cause: error });
    }
    const fault = body?.child('Fault');
    if (fault) throw toError(fault);
    const result = body?.child(`${operation}Response`)?.child(`${operation}Result`);
    if (!result) throw new Unavailable(`The session service sent no result of ${operation}; the HTTP status is ${answer.status}`);
    return result;
  }
}

function toError(fault) {
  const sentence = fault.child('faultstring')?.text ?? '';
  const typed = fault.child('detail')?.children[0];
  if (typed?.namespace === NAMESPACE) {
    const detail = Object.fromEntries(typed.children.filter((c) => c.name !== 'id').map((c) => [c.name, c.text]));
    if (Object.hasOwn(faults, typed.name)) return new faults[typed.name](sentence, detail);
    return typed.name === 'StoreUnavailableFault' ? new Unavailable(sentence) : new Fault(sentence, detail);
  }
  const code = (fault.child('faultcode')?.text ?? '').split(':').at(-1);
  if (code === 'Client' && !sentence.startsWith('Access denied')) return new Rejected(sentence);
  // A server without a typed fault, a caller that may not call: no page can go on.
  return new Unavailable(sentence);
}

function element(tag, value) {
  return `<${tag}>${text(value)}</${tag}>`;
}

function number(tag, value) {
  return value ? `<${tag}>${Math.min(value, MOST)}</${tag}>` : '';
}

function seconds(ttl) {
  return `<ttl>${Math.min(ttl, MOST)}</ttl>`;
}
