// Usage: main.mjs WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        main.mjs WSDL_URL fault KIND ID
// With MODE=soap12 in the environment the client sends SOAP 1.2. CREDENTIALS selects how
// it sends the name and the password in SOAP_LOGIN.
import soap from 'soap';
import { program } from './program.mjs';

const [wsdl, ...command] = process.argv.slice(2);

const client = await soap.createClientAsync(wsdl, {
  attributesKey: '$attributes', // by default the package takes the element attributes for XML attributes
  preserveWhitespace: true, // by default blanks around values are lost
  handleNilAsNull: true,
  forceSoap12Headers: process.env.MODE === 'soap12',
});

const passwordType = { usernametoken: 'PasswordText', 'usernametoken-digest': 'PasswordDigest' }[process.env.CREDENTIALS];
if (passwordType) {
  const [name, ...password] = process.env.SOAP_LOGIN.split(':');
  // By default the package adds a Timestamp, too. The header must be understood.
  client.setSecurity(new soap.WSSecurity(name, password.join(':'), { passwordType, mustUnderstand: true }));
}

await program(client, ...command);
