// Calls every operation: the life of one session.
#pragma once

#include <KDSoapClient/KDSoapMessage.h>

#include <QEventLoop>
#include <iostream>

#include "values.h"

// run waits for a call and returns true if the answer is not a fault. A program with
// windows connects finished to its own slot instead.
inline bool run(KDSoapJob& job) {
  QEventLoop loop;
  QObject::connect(&job, &KDSoapJob::finished, &loop, &QEventLoop::quit);
  job.setAutoDelete(false);
  job.start();
  loop.exec();
  return !job.isFault();
}

// check ends the program if a call fails.
inline void check(KDSoapJob& job) {
  if (run(job)) return;
  std::cerr << job.faultAsString().toStdString() << "\n";
  std::exit(1);
}

// fault returns the element in the detail of a fault. The name of the element is the
// name of the fault, and its children are the fields. KDSoap generates no classes
// for faults.
inline KDSoapValue fault(const KDSoapJob& job) {
  const KDSoapValueList detail = job.reply().childValues().child("detail").childValues();
  return detail.isEmpty() ? KDSoapValue() : detail.first();
}

inline std::string field(const KDSoapValue& fault, const char* name) {
  return fault.childValues().child(name).value().toString().toStdString();
}

inline void walk(SessionService& sessions, const QString& id) {
  TNS__SetSession set;
  set.setId(id);
  set.setAttributes(hash({{"uid", "dwho"}, {"roles", QVariantList{"traveller", "doctor"}}}));
  set.setTtl(3600);
  SetSessionJob store(&sessions);
  store.setParameters(set);
  check(store);
  std::cout << "set\t" << store.resultParameters().setSessionResult().id().toStdString() << "\n";

  TNS__GetSession get;
  get.setId(id);
  GetSessionJob read(&sessions);
  read.setParameters(get);
  check(read);
  const TNS__Session session = read.resultParameters().getSessionResult();
  for (const TNS__Entry& e : session.attributes().entry()) {
    if (e.key() == "uid") std::cout << "get\t" << e.value().toStdString() << "\n";
  }

  // Change one attribute only if the session has not been modified since it was read.
  TNS__UpdateSession change;
  change.setId(id);
  change.setSet(hash({{"mood", "good"}}));
  change.setIfVersion(session.version());
  UpdateSessionJob update(&sessions), late(&sessions);
  update.setParameters(change);
  check(update);
  std::cout << "update\tok\n";
  late.setParameters(change);
  if (!run(late) && fault(late).name() == "VersionConflictFault") {
    std::cout << "conflict\t" << field(fault(late), "id") << "\n";
  }

  TNS__TouchSession use;
  use.setId(id);
  use.setTtl(600);
  TouchSessionJob touch(&sessions);
  touch.setParameters(use);
  check(touch);
  std::cout << "touch\t" << touch.resultParameters().touchSessionResult().expiresIn() << "\n";

  TNS__IdList ids;
  ids.setId({id, QString(32, 'f')});
  TNS__GetSessions many;
  many.setIds(ids);
  GetSessionsJob batch(&sessions);
  batch.setParameters(many);
  check(batch);
  std::cout << "batch\t" << batch.resultParameters().getSessionsResult().session().size() << "\n";

  TNS__FindSessions of;
  of.setPrincipal("dwho");
  FindSessionsJob find(&sessions);
  find.setParameters(of);
  check(find);
  std::cout << "find\t" << find.resultParameters().findSessionsResult().id().contains(id) << "\n";

  StatsJob stats(&sessions);
  check(stats);
  std::cout << "stats\t" << !stats.resultParameters().statsResult().service().stat().isEmpty() << "\n";

  TNS__DeleteSession end;
  end.setId(id);
  DeleteSessionJob remove(&sessions);
  remove.setParameters(end);
  check(remove);
  std::cout << "delete\t" << (remove.resultParameters().deleteSessionResult() ? "true" : "false") << "\n";
  GetSessionJob again(&sessions);
  again.setParameters(get);
  if (!run(again) && fault(again).name() == "SessionNotFoundFault") {
    std::cout << "notfound\t" << field(fault(again), "id") << "\n";
  }

  // Without an id the service creates one.
  TNS__SetSession fresh;
  fresh.setAttributes(hash({{"uid", "dwho"}}));
  SetSessionJob create(&sessions);
  create.setParameters(fresh);
  check(create);
  std::cout << "new\t" << create.resultParameters().setSessionResult().id().toStdString() << "\n";
}
