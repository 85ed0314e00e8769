// CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN, or
// the key in SOAP_KEY.

inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// with_login adds them to the next message: gSOAP forgets them after each one. Its
// plugin can send a digest, too, but needs OpenSSL and a library that is built with it.
SessionBindingProxy& with_login(SessionBindingProxy& sessions) {
  static const std::string kind = variable("CREDENTIALS"), login = variable("SOAP_LOGIN"), key = variable("SOAP_KEY");
  static const std::string name = login.substr(0, login.find(':')), password = login.substr(login.find(':') + 1);
  if (kind == "basic") {
    sessions.soap->userid = name.c_str();
    sessions.soap->passwd = password.c_str();
  } else if (kind == "bearer") {
    sessions.soap->bearer = key.c_str();
  } else if (kind == "usernametoken") {
    soap_wsse_add_UsernameTokenText(sessions.soap, nullptr, name.c_str(), password.c_str());
  }
  return sessions;
}
