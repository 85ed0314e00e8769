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
  // Attributes are a list of entries, each with a key and one kind of value. A number
  // says that it is one. With onlyNew the service stores the session only if there is
  // none with the id. It ends after two hours in any case.
  const login = {
    id,
    attributes: {
      entry: [
        { key: 'uid', value: 'dwho' },
        { key: 'roles', list: { item: [{ value: 'traveller' }, { value: 'doctor' }] } },
        { key: 'visits', value: '1', type: 'int' },
      ],
    },
    ttl: 3600,
    lifetime: 7200,
    onlyNew: true,
  };
  await client.setSessionAsync(login);
  console.log(`set\t${id}`);
  try {
    await client.setSessionAsync(login);
  } catch (error) {
    const fault = detail(error);
    if (fault.name === 'SessionExistsFault') console.log(`exists\t${fault.id}`);
  }

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

  // Read the session and give it 15 minutes in one call. Numbers have a type.
  const [{ getSessionResult: used }] = await client.getSessionAsync({ id, ttl: 900, typed: true });
  for (const entry of list(used.attributes.entry)) {
    if (entry.key === 'visits') console.log(`typed\t${entry.type}`);
  }
  console.log(`ttl\t${used.expiresIn}`);

  const [{ getSessionsResult: found }] = await client.getSessionsAsync({ ids: { id: [id, 'f'.repeat(32)] } });
  console.log(`batch\t${list(found.session).length}`);

  const [{ findSessionsResult: ids }] = await client.findSessionsAsync({ principal: 'dwho' });
  console.log(`find\t${Number(list(ids.id).includes(id))}`);

  const [{ statsResult: report }] = await client.statsAsync({});
  console.log(`stats\t${Number(list(report.service.stat).length > 0)}`);

  // A login gives the session another id, of the program or of the service.
  const [{ renameSessionResult: chosen }] = await client.renameSessionAsync({ id, newId: `${id}0` });
  console.log(`rename\t${chosen.id}`);
  const [{ renameSessionResult: given }] = await client.renameSessionAsync({ id: chosen.id });
  console.log(`renamed\t${given.id}`);

  // Delete it only if nobody has changed it.
  try {
    await client.deleteSessionAsync({ id: given.id, ifVersion: session.version });
  } catch (error) {
    console.log(`kept\t${detail(error).id}`);
  }
  const [{ deleteSessionResult: deleted }] = await client.deleteSessionAsync({ id: given.id, ifVersion: given.version });
  console.log(`delete\t${deleted}`);
  try {
    await client.getSessionAsync({ id });
  } catch (error) {
    const fault = detail(error);
    if (fault.name === 'SessionNotFoundFault') console.log(`notfound\t${fault.id}`);
  }

  // Without an id the service creates one. The session ends after two minutes: a ttl
  // that is longer than the lifetime is cut.
  const attributes = { entry: [{ key: 'uid', value: 'dwho' }] };
  const [{ setSessionResult: made }] = await client.setSessionAsync({ attributes, ttl: 3600, lifetime: 120 });
  console.log(`new\t${made.id}`);
  console.log(`lifetime\t${made.expiresIn}`);
}
