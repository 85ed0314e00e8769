// An example application: one session with the applications of other languages.
//
// The paths are those that all example applications have; scripts/test/adapters uses them.

import { setTimeout } from 'node:timers/promises';

import express from 'express';

import { SessionError, sharedSession } from '../index.mjs';

const sessions = sharedSession({
  url: process.env.SOAP_URL,
  key: process.env.SOAP_KEY || undefined,
  shared: (process.env.SHARED ?? '').split(',').filter(Boolean),
  app: process.env.APP || 'express',
  ttl: 3600,
  timeout: 4000, // the machine of the tests has much to do
});

const app = express();
app.get('/plain', (req, res) => res.json({})); // before the session: it needs none
app.use(sessions);
app.use(express.text({ type: () => true, limit: '64mb' }));

// {"base64": …} stands for bytes.
function parse(body) {
  return JSON.parse(body, (_, value) => {
    const bytes = value !== null && typeof value === 'object' && Object.keys(value).join() === 'base64';
    return bytes ? Buffer.from(value.base64, 'base64') : value;
  });
}

// JSON.stringify makes an object of a Buffer before a replacer sees it.
function shown(value) {
  if (Buffer.isBuffer(value)) return { base64: value.toString('base64') };
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]));
}

// An assignment would not set a key such as __proto__.
function set(session, key, value) {
  Object.defineProperty(session, key, { value, configurable: true, enumerable: true, writable: true });
}

app.get('/whoami', (req, res) => res.json({ uid: req.session.uid ?? null, groups: req.session.groups ?? [] }));

app.post('/login', async (req, res) => {
  const { uid } = req.query; // a real application checks a password first
  await sessions.login(req, uid, {
    cn: `Name of ${uid}`, mail: `${uid}@example.com`, groups: ['users', 'staff'], authenticationLevel: 2,
  });
  res.json({ uid });
});

app.post('/logout', async (req, res) => {
  await sessions.logout(req, res);
  res.json({});
});

app.get('/get', (req, res) => {
  const present = Object.hasOwn(req.session, req.query.key);
  res.json({ present, value: present ? shown(req.session[req.query.key]) : null });
});

app.post('/set', (req, res) => {
  set(req.session, req.query.key, parse(req.body));
  res.json({});
});

app.post('/remove', (req, res) => {
  delete req.session[req.query.key];
  res.json({});
});

app.post('/slow', async (req, res) => {
  await setTimeout(Number(req.query.ms));
  set(req.session, req.query.key, parse(req.body));
  res.json({});
});

app.post('/many', (req, res) => {
  for (const [key, value] of Object.entries(parse(req.body))) set(req.session, key, value);
  res.json({});
});

// eslint-disable-next-line no-unused-vars
app.use((error, req, res, next) => {
  if (res.headersSent) next(error);
  else res.status(error.status ?? 500).type('text/plain').send(error instanceof SessionError ? `${error.message}\n` : 'Error\n');
});

const server = app.listen(Number(process.env.PORT ?? 8090), '127.0.0.1');
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
