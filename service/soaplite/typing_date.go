package soaplite

import "strings"

// date returns the type of a date, a time, a duration or a part of a date.
func date(s string) Type {
	if strings.HasPrefix(s, "-P") {
		if isDuration(s[1:]) {
			return Duration
		}
		return String
	}
	unsigned := strings.TrimPrefix(s, "-")
	for _, p := range [...]struct {
		t       Type
		subject string
		pattern string // d is a digit, each other character itself
		zone    func(string) bool
	}{
		{GMonth, s, "--dd--", isWestZone},
		{GDay, s, "---dd", isWestZone},
		{GYear, unsigned, "dddd", isWestZone},
		{GMonthDay, s, "-dd-dd", isWestZone},
		{GYearMonth, unsigned, "dddd-dd", isZone},
		{Date, unsigned, "dddd-dd-dd", isZone},
		{Time, s, "dd:dd:dd", isFractionZone},
		{DateTime, s, "dddd-dd-ddTdd:dd:dd", isFractionZone},
	} {
		if matches(p.subject, p.pattern) && p.zone(p.subject[len(p.pattern):]) {
			return p.t
		}
	}
	return String
}

// matches reports whether s begins with a pattern, in which d is a digit and
// any other character itself.
func matches(s, pattern string) bool {
	if len(s) < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		if pattern[i] == 'd' && (s[i] < '0' || s[i] > '9') || pattern[i] != 'd' && s[i] != pattern[i] {
			return false
		}
	}
	return true
}

func matchesAll(s, pattern string) bool { return len(s) == len(pattern) && matches(s, pattern) }

func isWestZone(s string) bool { return s == "" || matchesAll(s, "-dd:dd") }

func isZone(s string) bool {
	return s == "" || s == "Z" || matchesAll(s, "-dd:dd") || matchesAll(s, "+dd:dd")
}

func isFractionZone(s string) bool {
	if matches(s, ".ddd") {
		s = s[len(".ddd"):]
	}
	return isZone(s)
}

// isDuration matches P(\d+Y)?(\d+M)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)? but not P or PT
// alone. SOAP::Lite has "(:?" where "(?:" was meant, so a colon may precede each
// part.
func isDuration(s string) bool {
	if s == "P" || s == "PT" || !strings.HasPrefix(s, "P") {
		return false
	}
	s = parts(s[1:], "YMD")
	if t := strings.TrimPrefix(s, ":"); strings.HasPrefix(t, "T") {
		s = parts(t[1:], "HMS")
	}
	return s == ""
}

// parts removes the parts of a duration that end with the given letters and returns
// the rest. Each part may be missing.
func parts(s, letters string) string {
	for i := range len(letters) {
		t := strings.TrimPrefix(s, ":")
		if n := digits(t); n > 0 && n < len(t) && t[n] == letters[i] {
			s = t[n+1:]
		}
	}
	return s
}
