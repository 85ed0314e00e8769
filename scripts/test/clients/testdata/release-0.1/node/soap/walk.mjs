// Calls every operation: the life of one session.

// Returns the name of a typed fault and its fields.
export function detail(error) {
  const { detail, Detail } = error.root.Envelope.Body.Fault; // SOAP 1.2 names it Detail
  const [name, fields] = Object.entries(detail ?? Detail).find(([key]) => key !== '$attributes');
  return { name, ...fields };
}

// Returns an array. The package returns a list of one element as an object.
export const list = (x) => (x === undefined || x === null ? [] : Array.isArray(x) ? x : [x]);

export async function walk(client, id) {
  // Attributes are a list of entries, each with a key and one kind of value.
  await client.setSessionAsync({
    id,
    attributes: {
      entry: [
        { key: 'uid', value: 'dwho' },
        { key: 'roles', list: { item: [{ value: 'traveller' }, { value: 'doctor' }] } },
      ],
    },
    ttl: 3600,
  });
  console.log(`set\t${id}`);

  const [{ getSessionResult: session }] = await client.getSessionAsync({ id });
  for (const entry of list(session.attributes.entry)) {
    if (entry.key === 'uid') console.log(`get\t${entry.value}`);
  }

  // Change one attribute only if the session has not been modified since it was read.
  const change = { id, set: { entry: [{ key: 'mood', value: 'good' }] }, ifVersion: session.version };
  await client.updateSessionAsync(change);
  console.log('update\tok');
  try {
    await client.updateSessionAsync(change);
  } catch (error) {
    console.log(`conflict\t${detail(error).id}`);
  }

  const [{ touchSessionResult: touched }] = await client.touchSessionAsync({ id, ttl: 600 });
  console.log(`touch\t${touched.expiresIn}`);

  const [{ getSessionsResult: found }] = await client.getSessionsAsync({ ids: { id: [id, 'f'.repeat(32)] } });
  console.log(`batch\t${list(found.session).length}`);

  const [{ findSessionsResult: ids }] = await client.findSessionsAsync({ principal: 'dwho' });
  console.log(`find\t${Number(list(ids.id).includes(id))}`);

  const [{ statsResult: report }] = await client.statsAsync({});
  console.log(`stats\t${Number(list(report.service.stat).length > 0)}`);

  const [{ deleteSessionResult: deleted }] = await client.deleteSessionAsync({ id });
  console.log(`delete\t${deleted}`);
  try {
    await client.getSessionAsync({ id });
  } catch (error) {
    const fault = detail(error);
    if (fault.name === 'SessionNotFoundFault') console.log(`notfound\t${fault.id}`);
  }

  // Without an id the service creates one.
  const attributes = { entry: [{ key: 'uid', value: 'dwho' }] };
  const [{ setSessionResult: made }] = await client.setSessionAsync({ attributes });
  console.log(`new\t${made.id}`);
}
