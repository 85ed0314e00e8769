// The contract on gSOAP and libmemcached: a thread for each connection of a client, which
// has a connection of its own to memcached. A session is stored as "name\0value\0..." under
// its id. It is called with its port, address and that of memcached.
#include <arpa/inet.h>
#include <fcntl.h>
#include <libmemcached/memcached.h>
#include <netinet/tcp.h>
#include <sys/random.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "SessionBinding.nsmap"
#include "soapSessionBindingService.h"

namespace {

constexpr int default_ttl = 72000;  // seconds
constexpr int backlog = 512;

std::string memcached_host;
in_port_t memcached_port;

struct Free {
  void operator()(void *p) const { std::free(p); }
};

std::string new_id() {
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != sizeof random) std::abort();
  std::string id;
  for (unsigned char byte : random) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    id += digits;
  }
  return id;
}

class Sessions : public SessionBindingService {
 public:
  Sessions() : SessionBindingService(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING), store_(memcached_create(nullptr)) {
    memcached_behavior_set(store_, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
    memcached_server_add(store_, memcached_host.c_str(), memcached_port);
    soap->max_keep_alive = 0;  // no limit of requests on a connection
    soap->recv_timeout = 60;
    // Without this, memory of a request is kept until its connection ends.
    soap->fserveloop = [](struct soap *s) -> int {
      soap_destroy(s);
      soap_end(s);
      return SOAP_OK;
    };
  }
  ~Sessions() override {
    destroy();
    memcached_free(store_);
  }
  Sessions(const Sessions &) = delete;
  Sessions &operator=(const Sessions &) = delete;

  SessionBindingService *copy() override { return nullptr; }

  int status(_ns1__status *, _ns1__statusResponse &answer) override {
    answer.statusResult = soap_new_std__string(soap);
    *answer.statusResult = "...... MEMCACHED SOAP OK ......";
    return SOAP_OK;
  }

  int getSession(_ns1__getSession *request, _ns1__getSessionResponse &answer) override {
    size_t length = 0;
    uint32_t flags = 0;
    memcached_return_t failure;
    std::unique_ptr<char, Free> value(memcached_get(store_, request->id->data(), request->id->size(), &length, &flags, &failure));
    if (failure == MEMCACHED_NOTFOUND) return soap_senderfault("there is no such session", nullptr);
    if (failure != MEMCACHED_SUCCESS) return soap_receiverfault("the store is unavailable", nullptr);
    auto *session = answer.getSessionResult = soap_new_ns1__Session(soap);
    session->id = *request->id;
    session->version = "1";
    session->attributes = soap_new_ns1__EntryList(soap);
    for (const char *at = value.get(), *end = at + length; at < end;) {
      auto *entry = soap_new_ns1__Entry(soap);
      entry->key = at;
      at += entry->key.size() + 1;
      entry->value = soap_new_std__string(soap);
      *entry->value = at;
      at += entry->value->size() + 1;
      session->attributes->entry.push_back(entry);
    }
    return SOAP_OK;
  }

  int setSession(_ns1__setSession *request, _ns1__setSessionResponse &answer) override {
    std::string value;
    for (const auto *entry : request->attributes->entry) {
      value.append(entry->key).push_back('\0');
      value.append(entry->value ? *entry->value : "").push_back('\0');
    }
    const std::string id = request->id ? *request->id : new_id();
    const time_t ttl = request->ttl && *request->ttl > 0 ? *request->ttl : default_ttl;
    if (memcached_set(store_, id.data(), id.size(), value.data(), value.size(), ttl, 0) != MEMCACHED_SUCCESS)
      return soap_receiverfault("the store is unavailable", nullptr);
    answer.setSessionResult = soap_new_ns1__SessionRef(soap);
    answer.setSessionResult->id = id;
    answer.setSessionResult->version = "1";
    return SOAP_OK;
  }

  int getSessions(_ns1__getSessions *, _ns1__getSessionsResponse &) override { return SOAP_NO_METHOD; }
  int updateSession(_ns1__updateSession *, _ns1__updateSessionResponse &) override { return SOAP_NO_METHOD; }
  int touchSession(_ns1__touchSession *, _ns1__touchSessionResponse &) override { return SOAP_NO_METHOD; }
  int renameSession(_ns1__renameSession *, _ns1__renameSessionResponse &) override { return SOAP_NO_METHOD; }
  int deleteSession(_ns1__deleteSession *, _ns1__deleteSessionResponse &) override { return SOAP_NO_METHOD; }
  int findSessions(_ns1__findSessions *, _ns1__findSessionsResponse &) override { return SOAP_NO_METHOD; }
  int deleteSessions(_ns1__deleteSessions *, _ns1__deleteSessionsResponse &) override { return SOAP_NO_METHOD; }
  int stats(_ns1__stats *, _ns1__statsResponse &) override { return SOAP_NO_METHOD; }

 private:
  memcached_st *store_;
};

void serve(SOAP_SOCKET connection) {
  int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Sessions sessions;
  sessions.soap->socket = connection;
  sessions.serve();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s ADDRESS PORT MEMCACHED-ADDRESS MEMCACHED-PORT\n", argv[0]);
    return 2;
  }
  memcached_host = argv[3];
  memcached_port = static_cast<in_port_t>(std::stoi(argv[4]));
  std::signal(SIGPIPE, SIG_IGN);
  Sessions listener;
  listener.soap->bind_flags = SO_REUSEADDR;
  if (!soap_valid_socket(listener.bind(argv[1], std::stoi(argv[2]), backlog))) {
    listener.soap_print_fault(stderr);
    return 1;
  }
  for (;;) {
    SOAP_SOCKET connection = listener.accept();
    if (soap_valid_socket(connection)) std::thread(serve, connection).detach();
  }
}
