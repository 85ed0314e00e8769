// Usage: main.mjs WSDL_URL walk|write|writetext|writebig|read ID
//        main.mjs WSDL_URL fault KIND ID
import soap from 'soap';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const client = await soap.createClientAsync(wsdl, {
  attributesKey: '$attributes', // else an element named attributes, as sessions have, is taken for XML attributes
  preserveWhitespace: true, // else blanks around values are lost
  handleNilAsNull: true,
});

await program(client, ...command);
