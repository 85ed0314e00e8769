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
  // With onlyNew the service stores the session only if there is none with the id. It ends
  // after two hours in any case.
  TNS__SetSession set;
  set.setId(id);
  set.setAttributes(hash({{"uid", "dwho"}, {"roles", QVariantList{"traveller", "doctor"}}, {"visits", 1LL}}));
  set.setTtl(3600);
  set.setLifetime(7200);
  set.setOnlyNew(true);
  SetSessionJob store(&sessions), twice(&sessions);
  store.setParameters(set);
  check(store);
  std::cout << "set\t" << store.resultParameters().setSessionResult().id().toStdString() << "\n";
  twice.setParameters(set);
  if (!run(twice) && fault(twice).name() == "SessionExistsFault") {
    std::cout << "exists\t" << field(fault(twice), "id") << "\n";
  }

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

  // Read the session and give it 15 minutes in one call. Numbers have a type.
  TNS__GetSession visit;
  visit.setId(id);
  visit.setTtl(900);
  visit.setTyped(true);
  GetSessionJob again(&sessions);
  again.setParameters(visit);
  check(again);
  const TNS__Session used = again.resultParameters().getSessionResult();
  for (const TNS__Entry& e : used.attributes().entry()) {
    if (e.key() == "visits") std::cout << "typed\t" << e.type().toStdString() << "\n";
  }
  std::cout << "ttl\t" << used.expiresIn() << "\n";

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

  // A login gives the session another id, of the program or of the service.
  TNS__RenameSession chosen, made;
  chosen.setId(id);
  chosen.setNewId(id + "0");
  RenameSessionJob choose(&sessions), make(&sessions);
  choose.setParameters(chosen);
  check(choose);
  made.setId(choose.resultParameters().renameSessionResult().id());
  std::cout << "rename\t" << made.id().toStdString() << "\n";
  make.setParameters(made);
  check(make);
  const TNS__SessionRef renamed = make.resultParameters().renameSessionResult();
  std::cout << "renamed\t" << renamed.id().toStdString() << "\n";

  // Delete it only if nobody has changed it.
  TNS__DeleteSession end;
  end.setId(renamed.id());
  end.setIfVersion(session.version());
  DeleteSessionJob keep(&sessions), remove(&sessions);
  keep.setParameters(end);
  if (!run(keep) && fault(keep).name() == "VersionConflictFault") {
    std::cout << "kept\t" << field(fault(keep), "id") << "\n";
  }
  end.setIfVersion(renamed.version());
  remove.setParameters(end);
  check(remove);
  std::cout << "delete\t" << (remove.resultParameters().deleteSessionResult() ? "true" : "false") << "\n";
  GetSessionJob gone(&sessions);
  gone.setParameters(get);
  if (!run(gone) && fault(gone).name() == "SessionNotFoundFault") {
    std::cout << "notfound\t" << field(fault(gone), "id") << "\n";
  }

  // Without an id the service creates one. The session ends after two minutes: a ttl that
  // is longer than the lifetime is cut.
  TNS__SetSession fresh;
  fresh.setAttributes(hash({{"uid", "dwho"}}));
  fresh.setTtl(3600);
  fresh.setLifetime(120);
  SetSessionJob create(&sessions);
  create.setParameters(fresh);
  check(create);
  std::cout << "new\t" << create.resultParameters().setSessionResult().id().toStdString() << "\n";
  std::cout << "lifetime\t" << create.resultParameters().setSessionResult().expiresIn() << "\n";
}
