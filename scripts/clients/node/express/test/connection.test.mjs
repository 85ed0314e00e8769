// Connections to the service: kept, lost, refused.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as listen } from 'node:net';
import { test } from 'node:test';

import { Rejected, Unavailable } from '../index.mjs';
import { Sessions } from '../lib/sessions.mjs';
import { newId, url } from './site.mjs';

const answer = '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><getSessionResponse xmlns="urn:memcached-soap'
  + ':session:v1"><getSessionResult><id>x</id><version>1</version><attributes/></getSessionResult></getSessionResponse></E:Body></E:Envelope>';

/** A service that answers as a test says. */
async function fake(t, reply) {
  const server = createServer(reply);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${server.address().port}/soap`, connections: () => connections };
}

function read(options) {
  const sessions = new Sessions({ ...options });
  return sessions.read('ab'.repeat(16), 0).finally(() => sessions.client.close());
}

test('one connection serves many calls', async (t) => {
  const service = await fake(t, (req, res) => res.end(answer));
  const sessions = new Sessions({ url: service.url });
  for (let i = 0; i < 5; i++) await sessions.read(newId(), 0);
  assert.equal(service.connections(), 1);
  sessions.client.close();
});

test('a kept connection that is lost: only what may be repeated is sent again', async (t) => {
  let requests = 0;
  const service = await fake(t, (req, res) => {
    requests += 1;
    if (requests % 2 === 0) req.socket.destroy();
    else res.end(answer);
  });
  const sessions = new Sessions({ url: service.url });
  await sessions.read(newId(), 0);
  await sessions.read(newId(), 0);
  assert.equal(requests, 3);
  await assert.rejects(sessions.client.update(newId(), '', [], 0), Unavailable);
  assert.equal(requests, 4);
  sessions.client.close();
});

test('credentials', async (t) => {
  let sent;
  const service = await fake(t, (req, res) => {
    sent = req.headers.authorization;
    res.end(answer);
  });
  for (const [options, want] of [[{ key: 'secret' }, 'Bearer secret'], [{ user: 'zoë', password: 'p:w' }, `Basic ${Buffer.from('zoë:p:w').toString('base64')}`], [{}, undefined]]) {
    await read({ url: service.url, ...options });
    assert.equal(sent, want);
  }
});

async function refused(options) {
  await assert.rejects(read({ key: 'very-secret', ...options }), (error) => {
    assert.ok(error instanceof Unavailable, error.stack);
    assert.equal(error.status, 503);
    assert.doesNotMatch(error.message, /very-secret|abab/);
    return true;
  });
}

test('nothing listens', () => refused({ url: 'http://127.0.0.1:1/soap' }));

test('it hangs', async (t) => {
  const server = listen(() => {});
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const started = Date.now();
  await refused({ url: `http://127.0.0.1:${server.address().port}/soap`, timeout: 200 });
  assert.ok(Date.now() - started < 2000);
});

test('what is no SOAP message', async (t) => {
  const huge = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>${answer}`;
  for (const reply of ['', '404 page not found', '<html></html>', '<a><b></a>', answer.slice(0, -5), huge, '\0\0\0', answer.replace('getSessionRes', 'other')]) {
    for (const status of [200, 404, 502]) {
      const service = await fake(t, (req, res) => res.writeHead(status).end(reply));
      await refused({ url: service.url });
    }
  }
});

test('wrong credentials are no empty session', async (t) => {
  const fault = '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body><E:Fault><faultcode>E:Client</faultcode>'
    + '<faultstring>Access denied.</faultstring></E:Fault></E:Body></E:Envelope>';
  const service = await fake(t, (req, res) => res.writeHead(401).end(fault));
  await refused({ url: service.url });
});

test('a message that the service refuses', async () => {
  const sessions = new Sessions({ url });
  await assert.rejects(sessions.client.call('nonsense', ''), Rejected);
  sessions.client.close();
});
