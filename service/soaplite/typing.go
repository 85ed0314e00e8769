package soaplite

import "strings"

// Type is the type of a scalar in a message.
type Type uint8

// The types of scalars, with their names in XML Schema.
const (
	String Type = iota
	Base64Binary
	Int
	Long
	Float
	GMonth
	GDay
	GYear
	GMonthDay
	GYearMonth
	Date
	Time
	DateTime
	Duration
	Boolean
	AnyURI
)

// String returns the type's name in XML Schema.
func (t Type) String() string {
	return [...]string{
		String: "string", Base64Binary: "base64Binary", Int: "int", Long: "long", Float: "float",
		GMonth: "gMonth", GDay: "gDay", GYear: "gYear", GMonthDay: "gMonthDay", GYearMonth: "gYearMonth",
		Date: "date", Time: "time", DateTime: "dateTime", Duration: "duration", Boolean: "boolean", AnyURI: "anyURI",
	}[t]
}

// TypeOf returns the type of a scalar. SOAP::Lite 1.27 finds it by matching its bytes
// with one pattern after the other (SOAP::Serializer, typelookup). As in those
// patterns, a line feed may follow everything except a URI.
func TypeOf(s string) Type {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' && c != '\n' && c != '\r' || c > 0x7f {
			return Base64Binary
		}
	}
	if s == "" {
		return String
	}
	line := strings.TrimSuffix(s, "\n")
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-', c == '.', c == 'N', c == 'I':
		return numeric(line)
	case c == 'P':
		if isDuration(line) {
			return Duration
		}
	case c|0x20 == 't', c|0x20 == 'f':
		if strings.EqualFold(line, "true") || strings.EqualFold(line, "false") {
			return Boolean
		}
	case c|0x20 == 'u', c|0x20 == 'h':
		if hasPrefixFold(s, "urn:") || hasPrefixFold(s, "http://") {
			return AnyURI
		}
	}
	return String
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// numeric returns the type of a text that begins like a number or a date.
func numeric(s string) Type {
	signed := s != "" && (s[0] == '+' || s[0] == '-')
	number := s
	if signed {
		number = s[1:]
	}
	switch all := digits(number); {
	case all == 0, all < len(number):
	case !signed && s[0] == '0' && len(s) > 1:
		return String // keeps the leading zeros
	default:
		return integer(number, s[0] == '-')
	}
	if isFloat(s) {
		return Float
	}
	return date(s)
}

// The greatest integers, and the least of 32 bits without its sign.
const (
	maxInt  = "2147483647"
	minInt  = "2147483648"
	maxLong = "9223372036854775807"
)

// integer returns the type of digits with a sign. A negative long has no limit.
func integer(number string, negative bool) Type {
	number = strings.TrimLeft(number, "0")
	switch {
	case atMost(number, maxInt), negative && atMost(number, minInt):
		return Int
	case negative, atMost(number, maxLong):
		return Long
	}
	return Float
}

// atMost compares digits without leading zeros.
func atMost(number, limit string) bool {
	return len(number) < len(limit) || len(number) == len(limit) && number <= limit
}

// digits returns the number of digits at the beginning of s.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// isFloat matches -?(\d+(\.\d*)?|\.\d+|NaN|INF) and
// [+-]?(?=\d|\.\d)\d*(\.\d*)?([Ee][+-]?\d+)?.
func isFloat(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' && (s[1:] == "NaN" || s[1:] == "INF") {
			return true
		}
		s = s[1:]
	} else if s == "NaN" || s == "INF" {
		return true
	}
	whole := digits(s)
	rest := s[whole:]
	if rest != "" && rest[0] == '.' {
		fraction := digits(rest[1:])
		if whole+fraction == 0 {
			return false
		}
		rest = rest[1+fraction:]
	} else if whole == 0 {
		return false
	}
	if rest == "" {
		return true
	}
	if rest[0] != 'e' && rest[0] != 'E' {
		return false
	}
	rest = rest[1:]
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	return rest != "" && digits(rest) == len(rest)
}
