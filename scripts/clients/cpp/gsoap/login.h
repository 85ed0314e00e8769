// CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN.

// with_login adds them to the next message: each message needs its own Security header.
// gSOAP's plugin can send a digest, too, but needs OpenSSL and a library that is built
// with it.
SessionBindingProxy& with_login(SessionBindingProxy& sessions) {
  const char* kind = std::getenv("CREDENTIALS");
  const char* login = std::getenv("SOAP_LOGIN");
  if (kind && login && std::string(kind) == "usernametoken") {
    std::string name = login;
    std::string password = name.substr(name.find(':') + 1);
    name.resize(name.find(':'));
    soap_wsse_add_UsernameTokenText(sessions.soap, nullptr, name.c_str(), password.c_str());
  }
  return sessions;
}
