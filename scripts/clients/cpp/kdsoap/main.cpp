// Usage: client WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//        client WSDL_URL fault KIND ID
#include <QCoreApplication>
#include <QStringList>

#include "login.h"
#include "walk.h"

static QByteArray octets(int n) {
  QByteArray all;
  for (int i = 0; i < n; i++) all += static_cast<char>(i);
  return all;
}

static QVariantMap fixture(const QString& command) {
  if (command == "writetext") return {{"text900k", QString("0123456789").repeated(90000)}};
  if (command == "writebig") return {{"bytes900k", octets(900000)}};
  if (command == "writecontrol") return {{"control", "XML has no \x01"}};
  return {
      {"plain", "plain"},
      {"special", "<&>\"']]>"},
      {"accents", QString::fromUtf8("é ü ß ñ – €")},
      {"emoji", QString::fromUtf8("😀 🎉")},
      {"lines", "LF\nCRLF\r\nCR\rtab\tend"},
      {"blanks", "  outer blanks  "},
      {"empty", ""},
      {"undef", {}},
      {"bytes", octets(256)},
      {"a key with <blanks>", "key"},
      {"nested", QVariantMap{{"list", QVariantList{"a", QVariant(), QByteArray("\0\xff", 2), QVariantMap{{"k", "v"}}}},
                             {"undef", {}},
                             {"bytes", QByteArray("\0\1", 2)}}},
      {"single", QVariantList{"one"}},
      {"emptylist", QVariantList{}},
      {"emptyhash", QVariantMap{}},
      {"digits", "0042"},
      {"int", 9007199254740993LL},
      {"double", 0.1},
      {"true", true},
      {"false", false},
      {"numbers", QVariantList{-1LL, 2.5}},
  };
}

static QByteArray hex(const QString& s) { return s.toUtf8().toHex(); }

// rendered returns a value in the form that the tests compare.
static QByteArray rendered(const QVariant& v) {
  QByteArrayList parts;
  switch (static_cast<QMetaType::Type>(v.type())) {
    case QMetaType::QString:
      return "t:" + hex(v.toString());
    case QMetaType::LongLong:
      return "int:" + v.toByteArray();
    case QMetaType::Double:
      return "double:" + QByteArray::number(v.toDouble(), 'g', 17);
    case QMetaType::Bool:
      return "boolean:" + v.toByteArray();
    case QMetaType::QByteArray:
      return "b:" + v.toByteArray().toHex();
    case QMetaType::QVariantList:
      for (const QVariant& item : v.toList()) parts << rendered(item);
      return "l(" + parts.join(",") + ")";
    case QMetaType::QVariantMap: {
      const QVariantMap map = v.toMap();
      for (auto i = map.begin(); i != map.end(); ++i) parts << hex(i.key()) + "=" + rendered(i.value());
      return "h(" + parts.join(",") + ")";
    }
    default:
      return "u";
  }
}

static void print(const TNS__EntryList& attributes) {
  QByteArrayList lines;
  for (const TNS__Entry& e : attributes.entry()) {
    if (!e.key().startsWith('_')) lines << hex(e.key()) + "\t" + rendered(value(e));
  }
  std::sort(lines.begin(), lines.end());
  std::cout << lines.join("\n").toStdString() << "\n";
}

int main(int argc, char* argv[]) {
  QCoreApplication application(argc, argv);
  const QStringList arguments = application.arguments();
  const QString command = arguments[2], kind = arguments[3], id = arguments.last();
  SessionService sessions;
  sessions.setEndPoint(arguments[1].section('?', 0, 0));
  add_credentials(*sessions.clientInterface());

  TNS__GetSession get;
  get.setId(id);
  get.setTyped(true);
  GetSessionJob read(&sessions);
  read.setParameters(get);

  TNS__SetSession set;
  set.setId(id);
  if (kind == "conflict") set.setIfVersion("AAAA");
  set.setAttributes(command == "fault" ? hash({{"a", QString(kind == "toolarge" ? 1200000 : 1, 'x')}}) : hash(fixture(command)));
  SetSessionJob write(&sessions);
  write.setParameters(set);

  if (command == "walk") {
    walk(sessions, id);
  } else if (command == "read") {
    check(read);
    print(read.resultParameters().getSessionResult().attributes());
  } else if (command == "fault") {
    KDSoapJob& job = QStringList{"conflict", "deleted", "toolarge"}.contains(kind) ? static_cast<KDSoapJob&>(write) : read;
    if (run(job)) return 0;
    const KDSoapValue detail = fault(job);
    std::cout << detail.name().toStdString() << "\t" << field(detail, "id") << field(detail, "limit");
    if (detail.name() == "StoreUnavailableFault") std::cout << field(detail, "reason");
    std::cout << "\n";
  } else {
    check(write);
  }
  return 0;
}
