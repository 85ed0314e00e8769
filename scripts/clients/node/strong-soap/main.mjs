// The programs of ../soap with strong-soap. Only the form of the results differs.
// Usage: main.mjs WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.mjs WSDL_URL fault KIND ID
// CREDENTIALS selects which credentials the client sends: the name and the password in
// SOAP_LOGIN, the key in SOAP_KEY, or the certificate in CERTIFICATE and CERTIFICATE_KEY.
import strongSoap from 'strong-soap';
import { security } from './credentials.mjs';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const strong = await new Promise((resolve, reject) => {
  strongSoap.soap.createClient(wsdl, { attributesKey: '$attributes' }, (error, client) => (error ? reject(error) : resolve(client)));
});

const credentials = security(strongSoap.soap);
if (credentials) strong.setSecurity(credentials);

// Calls that return [result], like the calls of the package soap.
const client = new Proxy({}, {
  get: (_, name) => async (message) => [(await strong[name.replace(/Async$/, '')](message)).result],
});

await program(client, ...command);
