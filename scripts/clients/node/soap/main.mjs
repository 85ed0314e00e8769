// Usage: main.mjs WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.mjs WSDL_URL fault KIND ID
// With MODE=soap12 in the environment the client sends SOAP 1.2.
import soap from 'soap';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const client = await soap.createClientAsync(wsdl, {
  attributesKey: '$attributes', // by default the package takes the element attributes for XML attributes
  preserveWhitespace: true, // by default blanks around values are lost
  handleNilAsNull: true,
  forceSoap12Headers: process.env.MODE === 'soap12',
});

await program(client, ...command);
