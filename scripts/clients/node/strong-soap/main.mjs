// The programs of ../soap with strong-soap. Only the form of the results differs.
// Usage: main.mjs WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.mjs WSDL_URL fault KIND ID
import strongSoap from 'strong-soap';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const strong = await new Promise((resolve, reject) => {
  strongSoap.soap.createClient(wsdl, { attributesKey: '$attributes' }, (error, client) => (error ? reject(error) : resolve(client)));
});

// Calls that return [result], like the calls of the package soap.
const client = new Proxy({}, {
  get: (_, name) => async (message) => [(await strong[name.replace(/Async$/, '')](message)).result],
});

await program(client, ...command);
