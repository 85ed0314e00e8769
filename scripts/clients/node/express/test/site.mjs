// What the tests share: an application of Express on a port of its own, and a browser.

import { createServer } from 'node:http';


import { SoapStore, newId, sharedSession } from '../index.mjs';
import { Sessions } from '../lib/sessions.mjs';

const { default: express } = await import(process.env.EXPRESS ?? 'express');

export const url = process.env.SOAP_URL;
export const down = 'http://127.0.0.1:1/soap';

/** A logger that keeps its lines. */
export function keptLog() {
  const lines = [];
  const add = (line) => lines.push(line);
  return { lines, warn: add, error: add };
}

const quiet = keptLog();
const common = { url, app: 'test', logger: quiet, timeout: 30_000 }; // the machine may have much to do

/** Returns a store. The test must close it with close. */
export function soapStore(options) {
  return new SoapStore({ ...common, ...options });
}

export function close(store) {
  store.sessions.client.close();
}

/** Reads a session as the application does; {} if there is none. */
export async function content(id, options) {
  const sessions = new Sessions({ ...common, ...options });
  const stored = await sessions.read(id, 0);
  sessions.client.close();
  return stored ? Object.fromEntries(stored.data) : {};
}

/** Calls a method of a store that takes a callback. */
export function ask(store, method, ...args) {
  return new Promise((resolve, reject) => {
    store[method](...args, (error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** Counts the calls of a store. */
export function calls(store) {
  const { client } = store.sessions;
  const made = [];
  const { call } = client;
  client.call = function counted(operation, ...args) {
    made.push(operation);
    return call.call(client, operation, ...args);
  };
  return { take: () => made.splice(0) };
}

/** Serves an application whose pages are functions of the session, and returns a function that makes a browser. */
export async function serve(t, pages, options = {}) {
  const sessions = sharedSession({ ...common, ...options });
  const app = express();
  app.use(sessions);
  for (const [path, page] of Object.entries(pages)) {
    const serveAnswer = async (req, res) => {
      const answer = await page(req.session, req, res, sessions);
      if (!res.headersSent && answer !== res) res.json(answer ?? null); // a page that answers itself returns res
    };
    app.all(path, (req, res, next) => serveAnswer(req, res).catch(next)); // Express 4 does not look at the promise
  }
  // eslint-disable-next-line no-unused-vars
  app.use((error, req, res, next) => res.status(error.status ?? 500).type('text/plain').send(error.message));
  const server = createServer(app);
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
    close(sessions.store);
  });
  return { sessions, browser: (cookie) => new Browser(`http://127.0.0.1:${server.address().port}`, options.name, cookie) };
}

class Browser {
  constructor(base, name = 'sessionid', cookie = undefined) {
    this.base = base;
    this.name = name;
    this.id = cookie;
  }

  async get(path) {
    const headers = this.id === undefined ? {} : { Cookie: `${this.name}=${this.id}` };
    const response = await fetch(this.base + path, { headers, signal: AbortSignal.timeout(30_000) });
    this.sent = response.headers.getSetCookie().filter((line) => line.startsWith(`${this.name}=`));
    for (const line of this.sent) this.id = line.split(';')[0].slice(this.name.length + 1) || undefined;
    const text = await response.text();
    this.status = response.status;
    return response.ok ? JSON.parse(text || 'null') : text;
  }
}

export { newId };
