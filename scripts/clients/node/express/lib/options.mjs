import { readFileSync } from 'node:fs';

/** The names of a login, which all applications share. */
export const LOGIN = ['uid', 'cn', 'mail', 'groups', 'authenticationLevel', '_utime', 'ipAddr'];

const RESERVED = /^(?:_session_id|_session_end|_session_kind|_lastSeen|.*_MD5)$/s;

/** Whether the service uses a name itself. */
export function isReserved(name) {
  return RESERVED.test(name);
}

const defaults = {
  url: undefined, // of the service, such as https://sessions.example.com/soap
  key: undefined, // sent as Authorization: Bearer
  user: undefined, // sent by HTTP Basic, with password
  password: undefined,
  caFile: undefined, // PEM of the authorities to trust; undefined: those of Node
  timeout: 2000, // milliseconds to wait for the service
  ttl: 72000, // idle timeout in seconds; -1: the longest that the service allows
  lifetime: 0, // absolute timeout in seconds; 0: none
  app: 'express', // prefix of the names that are not shared
  shared: [], // names that other applications use, too, beside those of a login
  exact: [], // keys of numbers to which parallel pages add
  objects: [], // {type, name, toBytes, fromBytes}
  logger: console, // with warn and error
};

/** Returns all options. Throws a TypeError that says what is wrong. */
export function checkOptions(given) {
  const options = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) throw new TypeError(`There is no option ${name}`);
    if (value !== undefined) options[name] = value;
  }
  const require = (holds, text) => {
    if (!holds) throw new TypeError(text);
  };
  options.url = checkUrl(options.url, require);
  require(!(options.key && options.user), 'give either key, or user and password');
  require((options.user === undefined) === (options.password === undefined), 'user and password belong together');
  for (const secret of [options.key, options.user, options.password]) {
    // eslint-disable-next-line no-control-regex
    require(secret === undefined || (typeof secret === 'string' && !/[\0-\x1f\x7f]/.test(secret)),
      'key, user and password must be text without control characters');
  }
  require(options.timeout > 0, 'timeout must be a positive number of milliseconds');
  require(Number.isInteger(options.ttl) && (options.ttl > 0 || options.ttl === -1), 'ttl must be a positive number of seconds, or -1');
  require(Number.isInteger(options.lifetime) && options.lifetime >= 0, 'lifetime must be a number of seconds, or 0');
  require(/^[A-Za-z0-9._-]{1,64}$/.test(options.app), 'app must be 1 to 64 letters, digits, dots, underscores or hyphens');
  for (const name of ['shared', 'exact', 'objects']) require(Array.isArray(options[name]), `${name} must be an array`);
  for (const name of options.shared) {
    require(typeof name === 'string' && name !== '' && !name.includes('/') && !isReserved(name),
      `shared must not have ${JSON.stringify(name)}: it is reserved, empty, or has a slash`);
  }
  if (options.caFile !== undefined) options.ca = readFileSync(options.caFile);
  return options;
}

function checkUrl(text, require) {
  let url;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError('url must be the http or https address of the session service');
  }
  require(url.protocol === 'http:' || url.protocol === 'https:', 'url must be the http or https address of the session service');
  require(!url.username && !url.password, 'url must not contain a password: use the options user and password');
  return url;
}
