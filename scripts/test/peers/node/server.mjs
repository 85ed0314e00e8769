// The contract on the packages soap and memjs, with a process for each processor. It is
// called with the WSDL, its address and port, and those of memcached.
import cluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import memjs from 'memjs';
import soap from 'soap';

const defaultTTL = 72000; // seconds
const [wsdl, address, port, memcachedAddress, memcachedPort] = process.argv.slice(2);

function fault(faultcode, faultstring) {
  return { Fault: { faultcode, faultstring, statusCode: 500 } };
}

function sessions() {
  const store = memjs.Client.create(`${memcachedAddress}:${memcachedPort}`);
  return {
    status: () => ({ statusResult: '...... MEMCACHED SOAP OK ......' }),

    async getSession({ id }) {
      const { value } = await store.get(id);
      if (value === null) throw fault('soap:Client', 'there is no such session');
      const entry = Object.entries(JSON.parse(value)).map(([key, value]) => ({ key, value }));
      return { getSessionResult: { id, version: '1', attributes: { entry } } };
    },

    async setSession({ id = randomBytes(16).toString('hex'), attributes, ttl }) {
      const session = Object.fromEntries([attributes.entry ?? []].flat().map(({ key, value }) => [key, value ?? '']));
      await store.set(id, JSON.stringify(session), { expires: Number(ttl) || defaultTTL });
      return { setSessionResult: { id, version: '1' } };
    },
  };
}

if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  cluster.on('exit', () => process.exit(1));
} else {
  const server = createServer((request, response) => response.writeHead(404).end());
  server.keepAliveTimeout = 75_000;
  server.maxRequestsPerSocket = 0;
  server.listen({ host: address, port: Number(port), backlog: 511 });
  soap.listen(server, {
    path: '/soap',
    services: { SessionService: { SessionPort: sessions() } },
    xml: readFileSync(wsdl, 'utf8'),
    attributesKey: '$attributes', // of XML: a session has an element of the usual name
  });
}
