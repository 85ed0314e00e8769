// Reads a session as the Node handler of LemonLDAP::NG does, and prints the user.
// Usage: node read.mjs OPTIONS ID, where OPTIONS is the JSON of globalStorageOptions
import RESTSession from '@lemonldap-ng/session-rest';

const [options, id] = process.argv.slice(2);
try {
  const session = await new RESTSession(JSON.parse(options)).get(id);
  console.log(session._whatToTrace);
} catch (status) {
  if (status !== 400) throw status; // the status of an answer without a session
  console.log('no session');
}
