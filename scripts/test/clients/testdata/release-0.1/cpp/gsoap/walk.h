// Calls every operation: the life of one session.

void walk(SessionBindingProxy& sessions, std::string id) {
  struct soap* soap = sessions.soap;
  int ttl = 3600;

  // Attributes are a list of entries, each with a key and one kind of value.
  _ns1__setSession set;
  set.id = &id;
  set.ttl = &ttl;
  set.attributes = hash(soap, {{"uid", text("dwho")}, {"roles", list({text("traveller"), text("doctor")})}});
  _ns1__setSessionResponse stored;
  check(sessions, with_login(sessions).setSession(&set, stored));
  std::cout << "set\t" << stored.setSessionResult->id << "\n";

  _ns1__getSession get;
  get.id = &id;
  _ns1__getSessionResponse got;
  check(sessions, with_login(sessions).getSession(&get, got));
  for (ns1__Entry* entry : got.getSessionResult->attributes->entry) {
    if (entry->key == "uid") std::cout << "get\t" << *entry->value << "\n";
  }

  // Change one attribute only if the session has not been modified since it was read.
  _ns1__updateSession update;
  update.id = &id;
  update.set = hash(soap, {{"mood", text("good")}});
  update.ifVersion = &got.getSessionResult->version;
  _ns1__updateSessionResponse updated;
  check(sessions, with_login(sessions).updateSession(&update, updated));
  std::cout << "update\tok\n";
  if (with_login(sessions).updateSession(&update, updated) != SOAP_OK) {
    std::cout << "conflict\t" << sessions.soap_fault()->detail->ns1__VersionConflictFault_->id << "\n";
  }

  _ns1__touchSession touch;
  touch.id = &id;
  touch.ttl = &ttl;
  _ns1__touchSessionResponse touched;
  check(sessions, with_login(sessions).touchSession(&touch, touched));
  std::cout << "touch\t" << *touched.touchSessionResult->expiresIn << "\n";

  ns1__IdList ids;
  ids.id = {id, std::string(32, 'f')};
  _ns1__getSessions many;
  many.ids = &ids;
  _ns1__getSessionsResponse batch;
  check(sessions, with_login(sessions).getSessions(&many, batch));
  std::cout << "batch\t" << batch.getSessionsResult->session.size() << "\n";

  std::string principal = "dwho";
  _ns1__findSessions find;
  find.principal = &principal;
  _ns1__findSessionsResponse found;
  check(sessions, with_login(sessions).findSessions(&find, found));
  auto& of = found.findSessionsResult->id;
  std::cout << "find\t" << (std::find(of.begin(), of.end(), id) != of.end()) << "\n";

  _ns1__stats stats;
  _ns1__statsResponse report;
  check(sessions, with_login(sessions).stats(&stats, report));
  std::cout << "stats\t" << !report.statsResult->service->stat.empty() << "\n";

  _ns1__deleteSession remove;
  remove.id = &id;
  _ns1__deleteSessionResponse removed;
  check(sessions, with_login(sessions).deleteSession(&remove, removed));
  std::cout << "delete\t" << (removed.deleteSessionResult ? "true" : "false") << "\n";
  if (with_login(sessions).getSession(&get, got) != SOAP_OK && sessions.soap_fault()->detail->ns1__SessionNotFoundFault_) {
    std::cout << "notfound\t" << sessions.soap_fault()->detail->ns1__SessionNotFoundFault_->id << "\n";
  }

  // Without an id the service creates one.
  set.id = nullptr;
  check(sessions, with_login(sessions).setSession(&set, stored));
  std::cout << "new\t" << stored.setSessionResult->id << "\n";
}
