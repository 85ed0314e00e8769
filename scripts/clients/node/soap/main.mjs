// Usage: main.mjs WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.mjs WSDL_URL fault KIND ID
// With MODE=soap12 in the environment messages are SOAP 1.2.
import soap from 'soap';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const client = await soap.createClientAsync(wsdl, {
  attributesKey: '$attributes', // else an element named attributes, as sessions have, is taken for XML attributes
  preserveWhitespace: true, // else blanks around values are lost
  handleNilAsNull: true,
  forceSoap12Headers: process.env.MODE === 'soap12',
});

await program(client, ...command);
