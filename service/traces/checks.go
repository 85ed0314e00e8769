package traces

import (
	"crypto/tls"
	"crypto/x509"
	"math"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// checks returns what each variable must be: a function that returns the problem of a
// value, or "". Variables that are not here have no effect. docs/operations.md lists them.
func checks() map[string]func(string) string {
	all := map[string]func(string) string{
		"OTEL_SDK_DISABLED":    isBoolean,
		"OTEL_TRACES_EXPORTER": oneOf("otlp", "none"),
		"OTEL_TRACES_SAMPLER": oneOf("always_on", "always_off", "traceidratio",
			"parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"),
		"OTEL_TRACES_SAMPLER_ARG":  isRatio,
		"OTEL_PROPAGATORS":         eachOf("tracecontext", "baggage", "none"),
		"OTEL_SERVICE_NAME":        isName,
		"OTEL_RESOURCE_ATTRIBUTES": isAttributes,

		"OTEL_BSP_SCHEDULE_DELAY":        isNumber(1, longest),
		"OTEL_BSP_EXPORT_TIMEOUT":        isNumber(1, longest),
		"OTEL_BSP_MAX_QUEUE_SIZE":        isNumber(1, largestQueue),
		"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": isNumber(1, largestQueue),
	}
	for setting, check := range map[string]func(string) string{
		"ENDPOINT":           isURL,
		"PROTOCOL":           oneOf("http/protobuf", "http/json", "grpc"),
		"HEADERS":            isHeaders,
		"TIMEOUT":            isNumber(1, longest),
		"COMPRESSION":        oneOf("gzip", "none"),
		"INSECURE":           isBoolean,
		"CERTIFICATE":        isCertificates,
		"CLIENT_CERTIFICATE": anything, // with CLIENT_KEY
		"CLIENT_KEY":         anything,
	} {
		all[ofSignals+setting], all[ofTraces+setting] = check, check
	}
	for _, limit := range []string{
		"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT",
		"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
	} {
		all[limit] = isNumber(0, math.MaxInt32)
	}
	return all
}

// longest is the longest time that a variable can have, in milliseconds: a day.
const longest = 24 * 60 * 60 * 1000

// largestQueue is the most spans that can wait: the SDK takes the memory for their places
// at the start.
const largestQueue = 100_000

func anything(string) string { return "" }

func isBoolean(value string) string {
	if strings.EqualFold(value, "true") || strings.EqualFold(value, "false") {
		return ""
	}
	return "must be true or false"
}

func oneOf(values ...string) func(string) string {
	return func(value string) string {
		if slices.Contains(values, value) {
			return ""
		}
		return "must be one of " + strings.Join(values, ", ")
	}
}

func eachOf(values ...string) func(string) string {
	return func(list string) string {
		for value := range strings.SplitSeq(list, ",") {
			if !slices.Contains(values, strings.TrimSpace(value)) {
				return "must be a list of " + strings.Join(values, ", ")
			}
		}
		return ""
	}
}

func isNumber(least, most int64) func(string) string {
	return func(value string) string {
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && n >= least && n <= most {
			return ""
		}
		return "must be a whole number from " + strconv.FormatInt(least, 10) + " to " + strconv.FormatInt(most, 10)
	}
}

func isRatio(value string) string {
	if ratio, err := strconv.ParseFloat(value, 64); err == nil && ratio >= 0 && ratio <= 1 {
		return ""
	}
	return "must be a number from 0 to 1, such as 0.01"
}

func isURL(value string) string {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		return "must be an http or https URL without a query, such as http://127.0.0.1:4318"
	case u.User != nil:
		return "must have no user and no password: send credentials by OTEL_EXPORTER_OTLP_HEADERS"
	}
	return ""
}

func isName(value string) string {
	if isText(value) {
		return ""
	}
	return "must be a text in UTF-8 without control characters"
}

// isPairs checks a list of names and values, which are percent-encoded.
func isPairs(list string, isValid func(name, text string) bool) bool {
	for pair := range strings.SplitSeq(list, ",") {
		name, value, found := strings.Cut(pair, "=")
		text, err := url.PathUnescape(value)
		if !found || err != nil || !isValid(strings.TrimSpace(name), text) {
			return false
		}
	}
	return true
}

const pairs = "must be a list of NAME=VALUE with commas between them, in which other signs than letters and digits are percent-encoded"

func isAttributes(list string) string {
	if isPairs(list, func(name, text string) bool {
		return name != "" && isText(name) && isText(text) && !strings.ContainsAny(name, " ;:\"(),/<>@[]{}\\?")
	}) {
		return ""
	}
	return pairs
}

// headerName matches the names of headers that both HTTP and gRPC can send.
var headerName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func isHeaders(list string) string {
	if isPairs(list, func(name, text string) bool {
		return headerName.MatchString(name) && !strings.ContainsFunc(text, func(r rune) bool { return isControl(r) || r >= utf8.RuneSelf })
	}) {
		return ""
	}
	return pairs + "; a name has letters, digits, -, _ and ., and a value is ASCII"
}

// isText says whether a span can have a text: others make the collector lose each batch.
func isText(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, isControl)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isCertificates(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(text) {
		return "must be the path of a readable file with certificates in PEM form"
	}
	return ""
}

// checkTogether checks the variables that depend on others.
func (e environment) checkTogether() error {
	endpoint, _ := e.exporter("ENDPOINT")
	insecure, variable := e.exporter("INSECURE")
	if endpoint != "" && insecure != "" && strings.EqualFold(insecure, "true") != strings.HasPrefix(endpoint, "http:") {
		return &SettingError{variable, "contradicts the URL of the endpoint: leave it out, http or https decides"}
	}
	cert, certVariable := e.exporter("CLIENT_CERTIFICATE")
	key, keyVariable := e.exporter("CLIENT_KEY")
	if (cert == "") != (key == "") {
		return &SettingError{certVariable + keyVariable, "needs the other one: " + ofSignals + "CLIENT_CERTIFICATE and " + ofSignals + "CLIENT_KEY"}
	}
	if cert != "" {
		if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
			return &SettingError{certVariable, "and " + keyVariable + " must be the paths of readable files with a certificate and its key in PEM form"}
		}
	}
	authorities, authoritiesVariable := e.exporter("CERTIFICATE")
	if (authorities != "" || cert != "") && !e.secure() {
		return &SettingError{authoritiesVariable + certVariable, "needs an endpoint with https"}
	}
	queue, err := strconv.Atoi(e["OTEL_BSP_MAX_QUEUE_SIZE"])
	if err != nil {
		queue = defaultQueue
	}
	if batch, err := strconv.Atoi(e["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"]); err == nil && batch > queue {
		return &SettingError{"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "must not be more than OTEL_BSP_MAX_QUEUE_SIZE, which is " + strconv.Itoa(queue)}
	}
	return nil
}

// secure says whether the collector speaks TLS.
func (e environment) secure() bool {
	endpoint, _ := e.exporter("ENDPOINT")
	insecure, _ := e.exporter("INSECURE")
	return strings.HasPrefix(endpoint, "https:") || endpoint == "" && strings.EqualFold(insecure, "false")
}
