// express-session signs each cookie and ignores unsigned ones. Other applications read and write the raw id. So the id
// that a browser sends is signed before express-session sees it, with a secret of this process, and the signature is
// taken off what it answers.

import signature from 'cookie-signature';

import { validId } from './ids.mjs';

/** Returns the session id in a Cookie header, or undefined if there is none that can be one. */
export function readId(header, name) {
  for (const part of (header ?? '').split(';')) {
    const [key, ...rest] = part.trim().split('=');
    if (key === name && rest.length > 0) {
      const value = rest.join('=');
      return validId(value) ? value : undefined;
    }
  }
  return undefined;
}

/** Returns a Cookie header in which express-session finds an id. */
export function signedHeader(name, id, secret) {
  return `${name}=${encodeURIComponent(`s:${signature.sign(id, secret)}`)}`;
}

/** Makes an answer send the raw id instead of the signed one. */
export function sendRawId(res, name) {
  const { writeHead } = res;
  const signed = `${name}=${encodeURIComponent('s:')}`;
  res.writeHead = function writeRawId(...args) {
    const lines = res.getHeader('Set-Cookie');
    if (lines !== undefined) {
      res.setHeader('Set-Cookie', [lines].flat().map((line) => {
        if (!line.startsWith(signed)) return line;
        const [value, ...attributes] = line.slice(signed.length).split(';');
        return [`${name}=${value.split('.')[0]}`, ...attributes].join(';');
      }));
    }
    return writeHead.apply(this, args);
  };
}
