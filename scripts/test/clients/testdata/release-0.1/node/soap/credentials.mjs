// The credentials that the environment has for the tests.

// Returns the security of a client, made by the package soap or strong-soap, or
// undefined.
export function security(soap) {
  const { CREDENTIALS: form, SOAP_LOGIN: login = ':', SOAP_KEY, CERTIFICATE, CERTIFICATE_KEY } = process.env;
  const colon = login.indexOf(':');
  const [name, password] = [login.slice(0, colon), login.slice(colon + 1)];
  if (form === 'basic') return new soap.BasicAuthSecurity(name, password);
  if (form === 'bearer') return new soap.BearerSecurity(SOAP_KEY);
  if (form === 'certificate') return new soap.ClientSSLSecurity(CERTIFICATE_KEY, CERTIFICATE);
  const passwordType = { usernametoken: 'PasswordText', 'usernametoken-digest': 'PasswordDigest' }[form];
  // By default the package adds a Timestamp, too. The header must be understood.
  if (passwordType) return new soap.WSSecurity(name, password, { passwordType, mustUnderstand: true });
  return undefined;
}
