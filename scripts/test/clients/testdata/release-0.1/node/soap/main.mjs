// Usage: main.mjs WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.mjs WSDL_URL fault KIND ID
// With MODE=soap12 in the environment the client sends SOAP 1.2. CREDENTIALS selects which
// credentials it sends: the name and the password in SOAP_LOGIN, the key in SOAP_KEY, or
// the certificate in CERTIFICATE and CERTIFICATE_KEY.
import soap from 'soap';
import { security } from './credentials.mjs';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const client = await soap.createClientAsync(wsdl, {
  attributesKey: '$attributes', // by default the package takes the element attributes for XML attributes
  preserveWhitespace: true, // by default blanks around values are lost
  handleNilAsNull: true,
  forceSoap12Headers: process.env.MODE === 'soap12',
});

const credentials = security(soap);
if (credentials) client.setSecurity(credentials);

await program(client, ...command);
