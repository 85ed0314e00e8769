// The programs of ../soap with strong-soap, which has the same calls but for the
// form of their results.
// Usage: main.mjs WSDL_URL walk|write|writetext|writebig|read ID
//        main.mjs WSDL_URL fault KIND ID
import strongSoap from 'strong-soap';
import { entries, fixtures, rendered, value } from './values.mjs';
import { detail, list, walk } from './walk.mjs';

const [wsdl, command, ...rest] = process.argv.slice(2);

const strong = await new Promise((resolve, reject) => {
  strongSoap.soap.createClient(wsdl, { attributesKey: '$attributes' }, (error, client) => (error ? reject(error) : resolve(client)));
});

// Calls that return [result], as those of ../soap.
const client = new Proxy({}, {
  get: (_, name) => async (message) => [(await strong[name.replace(/Async$/, '')](message)).result],
});

async function fault(kind, id) {
  const store = (text, ifVersion) => client.setSessionAsync({ id, attributes: { entry: [{ key: 'a', value: text }] }, ifVersion });
  try {
    if (kind === 'conflict') await store('1', 'AAAA');
    else if (kind === 'deleted') await store('1');
    else if (kind === 'toolarge') await store('x'.repeat(1200000));
    else await client.getSessionAsync({ id });
  } catch (error) {
    const fields = detail(error);
    console.log(`${fields.name}\t${fields.id ?? fields.limit ?? fields.reason}`);
  }
}

if (command === 'walk') {
  await walk(client, rest[0]);
} else if (command === 'fault') {
  await fault(...rest);
} else if (command === 'read') {
  const [{ getSessionResult: session }] = await client.getSessionAsync({ id: rest[0] });
  const lines = list(session.attributes.entry)
    .filter((entry) => !entry.key.startsWith('_'))
    .map((entry) => `${Buffer.from(entry.key).toString('hex')}\t${rendered(value(entry))}\n`);
  process.stdout.write(lines.sort().join(''));
} else {
  await client.setSessionAsync({ id: rest[0], attributes: { entry: entries(fixtures[command]) }, ttl: 3600 });
}
