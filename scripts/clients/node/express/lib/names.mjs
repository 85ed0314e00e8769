import { RefusedValue } from './errors.mjs';
import { LOGIN, isReserved } from './options.mjs';

/** Which attribute of a stored session a key of the framework's session is: shared names stay, others get a prefix. */
export class Names {
  #prefix;
  #shared;

  constructor(app, shared) {
    this.#prefix = `${app}/`;
    this.#shared = new Set([...LOGIN, ...shared]);
  }

  /** Whether only this application uses the key. */
  isPrivate(key) {
    return !this.#shared.has(key);
  }

  /** Returns the name of the attribute. Throws RefusedValue if the key cannot have one. */
  stored(key) {
    if (/\p{Surrogate}/u.test(key)) throw new RefusedValue(key, 'the key has a lone surrogate, which is no Unicode text');
    if (isReserved(key)) throw new RefusedValue(key, 'the name is reserved by the service');
    return this.#shared.has(key) ? key : this.#prefix + key;
  }

  /** Returns the key of an attribute, or null if this application does not see it. */
  key(stored) {
    if (this.#shared.has(stored)) return stored;
    if (!stored.startsWith(this.#prefix)) return null;
    const key = stored.slice(this.#prefix.length);
    // A shared name with the prefix is a leftover of the time before it was shared.
    return this.#shared.has(key) || isReserved(key) ? null : key;
  }
}
