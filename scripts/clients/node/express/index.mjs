// Sessions of Express in memcachedsoap, which programs in other languages share.

export * from './lib/errors.mjs';
export { newId, validId } from './lib/ids.mjs';
export { sharedSession } from './lib/middleware.mjs';
export { SoapStore } from './lib/store.mjs';
