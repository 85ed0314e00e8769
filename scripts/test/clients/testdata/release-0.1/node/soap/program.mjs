// The commands of both clients. client is that of the package soap, or behaves like it.
import { entries, fixtures, rendered, value } from './values.mjs';
import { detail, list, walk } from './walk.mjs';

// fault makes a call that fails, and prints the name and a field of its fault.
async function fault(client, kind, id) {
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

export async function program(client, command, ...rest) {
  if (command === 'walk') {
    await walk(client, rest[0]);
  } else if (command === 'fault') {
    await fault(client, ...rest);
  } else if (command === 'read') {
    const [{ getSessionResult: session }] = await client.getSessionAsync({ id: rest[0] });
    const lines = list(session.attributes.entry)
      .filter((entry) => !entry.key.startsWith('_'))
      .map((entry) => `${Buffer.from(entry.key).toString('hex')}\t${rendered(value(entry))}\n`);
    process.stdout.write(lines.sort().join(''));
  } else {
    await client.setSessionAsync({ id: rest[0], attributes: { entry: entries(fixtures[command]) }, ttl: 3600 });
  }
}
