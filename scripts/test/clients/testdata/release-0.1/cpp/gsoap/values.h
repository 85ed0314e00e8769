// Converts values: text, bytes, undef, lists and hashes.

struct Value {
  enum Kind { Undef, Text, Bytes, List, Hash } kind = Undef;
  std::string content;
  std::vector<Value> items;
  std::map<std::string, Value> entries;
};

using Entries = std::map<std::string, Value>;

inline Value text(std::string s) { return {Value::Text, std::move(s), {}, {}}; }
inline Value bytes(std::string s) { return {Value::Bytes, std::move(s), {}, {}}; }
inline Value list(std::vector<Value> v) { return {Value::List, "", std::move(v), {}}; }
inline Value map(Entries v) { return {Value::Hash, "", {}, std::move(v)}; }

ns1__EntryList* hash(struct soap* soap, const Entries& entries);

// fill fills an Entry or an Item. Its memory belongs to soap.
template <class T>
T* fill(struct soap* soap, T* to, const Value& v) {
  switch (v.kind) {
    case Value::Text:
      to->value = soap_new_std__string(soap);
      *to->value = v.content;
      break;
    case Value::Bytes:
      to->binary = soap_new_xsd__base64Binary(soap);
      to->binary->__size = static_cast<int>(v.content.size());
      to->binary->__ptr = static_cast<unsigned char*>(soap_malloc(soap, v.content.size() + 1));
      std::memcpy(to->binary->__ptr, v.content.data(), v.content.size());
      break;
    case Value::List:
      to->list = soap_new_ns1__ItemList(soap);
      for (auto& item : v.items) to->list->item.push_back(fill(soap, soap_new_ns1__Item(soap), item));
      break;
    case Value::Hash:
      to->hash = hash(soap, v.entries);
      break;
    case Value::Undef:
      to->undef = static_cast<bool*>(soap_malloc(soap, sizeof(bool)));
      *to->undef = true;
  }
  return to;
}

inline ns1__EntryList* hash(struct soap* soap, const Entries& entries) {
  auto list = soap_new_ns1__EntryList(soap);
  for (auto& [key, v] : entries) {
    auto entry = fill(soap, soap_new_ns1__Entry(soap), v);
    entry->key = key;
    list->entry.push_back(entry);
  }
  return list;
}

// value returns the value of an Entry or an Item.
template <class T>
Value value(const T* v) {
  if (v->value) return text(*v->value);
  if (v->binary) return bytes(std::string(reinterpret_cast<char*>(v->binary->__ptr), v->binary->__size));
  if (v->list) {
    Value all = list({});
    for (auto item : v->list->item) all.items.push_back(value(item));
    return all;
  }
  if (v->hash) {
    Value all = map({});
    for (auto entry : v->hash->entry) all.entries[entry->key] = value(entry);
    return all;
  }
  return {};
}

inline std::string hex(const std::string& s) {
  static const char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : s) out += {digits[c >> 4], digits[c & 15]};
  return out;
}

// rendered returns a value in the form that the tests compare.
inline std::string rendered(const Value& v) {
  std::string parts;
  switch (v.kind) {
    case Value::Text:
      return "t:" + hex(v.content);
    case Value::Bytes:
      return "b:" + hex(v.content);
    case Value::List:
      for (auto& item : v.items) parts += (parts.empty() ? "" : ",") + rendered(item);
      return "l(" + parts + ")";
    case Value::Hash:
      for (auto& [key, item] : v.entries) parts += (parts.empty() ? "" : ",") + hex(key) + "=" + rendered(item);
      return "h(" + parts + ")";
    default:
      return "u";
  }
}
