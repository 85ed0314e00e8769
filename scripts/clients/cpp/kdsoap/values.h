// Converts values. A QVariant holds a QString for text, a QByteArray for bytes, a qlonglong,
// a double or a bool, a QVariantList for a list, a QVariantMap for a hash, and nothing for
// undef.
#pragma once

#include <QVariant>

#include "session.h"

TNS__EntryList hash(const QVariantMap& map);

// filled returns an Entry or an Item with a value.
template <class T>
T filled(T to, const QVariant& v) {
  switch (static_cast<QMetaType::Type>(v.type())) {
    case QMetaType::QString:
      to.setValue(v.toString());
      break;
    case QMetaType::LongLong:
      to.setValue(v.toString());
      to.setType("int");
      break;
    case QMetaType::Double:
      to.setValue(QString::number(v.toDouble(), 'g', 17));
      to.setType("double");
      break;
    case QMetaType::Bool:
      to.setValue(v.toString());
      to.setType("boolean");
      break;
    case QMetaType::QByteArray:
      to.setBinary(v.toByteArray());
      break;
    case QMetaType::QVariantList: {
      QList<TNS__Item> items;
      for (const QVariant& item : v.toList()) items << filled(TNS__Item(), item);
      TNS__ItemList list;
      list.setItem(items);
      to.setList(list);
      break;
    }
    case QMetaType::QVariantMap:
      to.setHash(hash(v.toMap()));
      break;
    default:
      to.setUndef(true);
  }
  return to;
}

inline TNS__Entry entry(const QString& key, const QVariant& v) {
  TNS__Entry e;
  e.setKey(key);
  return filled(e, v);
}

inline TNS__EntryList hash(const QVariantMap& map) {
  QList<TNS__Entry> entries;
  for (auto i = map.begin(); i != map.end(); ++i) entries << entry(i.key(), i.value());
  TNS__EntryList list;
  list.setEntry(entries);
  return list;
}

// value returns the value of an Entry or an Item.
template <class T>
QVariant value(const T& of) {
  if (of.type() == "int") return of.value().toLongLong();
  if (of.type() == "double") return of.value().toDouble();
  if (of.type() == "boolean") return of.value() == "true";
  if (of.hasValueForValue()) return of.value();
  if (of.hasValueForBinary()) return of.binary();
  if (of.hasValueForList()) {
    QVariantList all;
    for (const TNS__Item& item : of.list().item()) all << value(item);
    return all;
  }
  if (of.hasValueForHash()) {
    QVariantMap all;
    for (const TNS__Entry& e : of.hash().entry()) all[e.key()] = value(e);
    return all;
  }
  return {};
}
