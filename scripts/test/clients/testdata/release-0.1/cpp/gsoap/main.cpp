// Usage: client WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        client WSDL_URL fault KIND ID
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "SessionBinding.nsmap"
#include "soapSessionBindingProxy.h"
#include "wsseapi-lite.h"

// check ends the program if a call has failed.
void check(SessionBindingProxy& sessions, int result) {
  if (result == SOAP_OK) return;
  sessions.soap_stream_fault(std::cerr);
  std::exit(1);
}

#include "login.h"
#include "values.h"
#include "walk.h"

Entries fixture(const std::string& command) {
  std::string all;
  for (int i = 0; i < 256; i++) all += static_cast<char>(i);
  if (command == "writetext") {
    std::string long_text;
    for (int i = 0; i < 90000; i++) long_text += "0123456789";
    return {{"text900k", text(long_text)}};
  }
  if (command == "writebig") {
    std::string big;
    while (big.size() < 900000) big += all;
    return {{"bytes900k", bytes(big.substr(0, 900000))}};
  }
  if (command == "writecontrol") return {{"control", text("XML has no \x01")}};
  return {
      {"plain", text("plain")},
      {"special", text("<&>\"']]>")},
      {"accents", text("é ü ß ñ – €")},
      {"emoji", text("😀 🎉")},
      {"lines", text("LF\nCRLF\r\nCR\rtab\tend")},
      {"blanks", text("  outer blanks  ")},
      {"empty", text("")},
      {"undef", {}},
      {"bytes", bytes(all)},
      {"a key with <blanks>", text("key")},
      {"nested", map({{"list", list({text("a"), {}, bytes(std::string("\0\xff", 2)), map({{"k", text("v")}})})},
                      {"undef", {}},
                      {"bytes", bytes(std::string("\0\1", 2))}})},
      {"single", list({text("one")})},
      {"emptylist", list({})},
      {"emptyhash", map({})},
  };
}

// print_fault prints the name and a field of the last call's fault.
void print_fault(SessionBindingProxy& sessions) {
  auto detail = sessions.soap_fault()->detail;
  if (auto f = detail->ns1__SessionNotFoundFault_) std::cout << "SessionNotFoundFault\t" << f->id << "\n";
  if (auto f = detail->ns1__InvalidSessionIdFault_) std::cout << "InvalidSessionIdFault\t" << f->id << "\n";
  if (auto f = detail->ns1__VersionConflictFault_) std::cout << "VersionConflictFault\t" << f->id << "\n";
  if (auto f = detail->ns1__SessionDeletedFault_) std::cout << "SessionDeletedFault\t" << f->id << "\n";
  if (auto f = detail->ns1__PayloadTooLargeFault_) std::cout << "PayloadTooLargeFault\t" << f->limit << "\n";
  if (auto f = detail->ns1__UnreadableSessionFault_) std::cout << "UnreadableSessionFault\t" << f->id << "\n";
  if (auto f = detail->ns1__StoreUnavailableFault_) std::cout << "StoreUnavailableFault\t" << f->reason << "\n";
}

int main(int argc, char* argv[]) {
  std::string endpoint = argv[1], command = argv[2], id = argv[argc - 1];
  endpoint = endpoint.substr(0, endpoint.find("?wsdl"));

  // With SOAP_C_UTFSTRING a std::string is UTF-8. Without it each char is a Latin-1
  // character, and all other characters are lost.
  const char* mode_set = std::getenv("MODE");
  std::string mode = mode_set ? mode_set : "";
  SessionBindingProxy sessions(endpoint.c_str(), mode == "latin1" ? SOAP_IO_DEFAULT : SOAP_C_UTFSTRING);
  if (mode == "chunked") soap_set_omode(sessions.soap, SOAP_IO_CHUNK);

  if (command == "walk") {
    walk(sessions, id);
    return 0;
  }
  _ns1__getSession get;
  get.id = &id;
  _ns1__getSessionResponse got;
  if (command == "read") {
    check(sessions, with_login(sessions).getSession(&get, got));
    std::vector<std::string> lines;
    for (auto entry : got.getSessionResult->attributes->entry) {
      if (entry->key[0] != '_') lines.push_back(hex(entry->key) + "\t" + rendered(value(entry)));
    }
    std::sort(lines.begin(), lines.end());
    for (auto& line : lines) std::cout << line << "\n";
    return 0;
  }
  int ttl = 3600;
  std::string version = "AAAA", kind = argv[3];
  _ns1__setSession set;
  set.id = &id;
  set.ttl = &ttl;
  _ns1__setSessionResponse stored;
  if (command != "fault") {
    set.attributes = hash(sessions.soap, fixture(command));
    check(sessions, with_login(sessions).setSession(&set, stored));
    return 0;
  }
  set.attributes = hash(sessions.soap, {{"a", text(kind == "toolarge" ? std::string(1200000, 'x') : "1")}});
  if (kind == "conflict") set.ifVersion = &version;
  bool changes = kind == "conflict" || kind == "deleted" || kind == "toolarge";
  if ((changes ? with_login(sessions).setSession(&set, stored) : with_login(sessions).getSession(&get, got)) != SOAP_OK) print_fault(sessions);
  return 0;
}
