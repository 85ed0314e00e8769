package traces

import (
	"maps"
	"os"
	"slices"
	"strings"
)

// SettingError says that a variable of the environment has a value that cannot be used.
type SettingError struct {
	Variable string
	Problem  string // what the value must be; it does not quote it, which may be a credential
}

func (e *SettingError) Error() string { return e.Variable + " " + e.Problem }

// environment is the variables of OpenTelemetry that are set, by name. One that is empty or
// blank counts as not set.
type environment map[string]string

// readEnvironment reads the variables of the process.
func readEnvironment() environment {
	e := environment{}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "OTEL_") && strings.TrimSpace(value) != "" {
			e[name] = value // with blanks around it: the SDK takes no number with them
		}
	}
	return e
}

// names returns the names of the variables in order.
func (e environment) names() []string { return slices.Sorted(maps.Keys(e)) }

// Prefixes of the settings of the exporter: those of traces win over those of all signals.
const (
	ofTraces  = "OTEL_EXPORTER_OTLP_TRACES_"
	ofSignals = "OTEL_EXPORTER_OTLP_"
)

// exporter returns a setting of the exporter, and the variable that has it.
func (e environment) exporter(setting string) (value, variable string) {
	for _, prefix := range []string{ofTraces, ofSignals} {
		if value, set := e[prefix+setting]; set {
			return value, prefix + setting
		}
	}
	return "", ""
}

// disabled says whether the variables say that there are no traces.
func (e environment) disabled() bool {
	return strings.EqualFold(e["OTEL_SDK_DISABLED"], "true") || e["OTEL_TRACES_EXPORTER"] == "none"
}

// enabled says whether the variables ask for traces.
func (e environment) enabled() bool {
	endpoint, _ := e.exporter("ENDPOINT")
	return !e.disabled() && (e["OTEL_TRACES_EXPORTER"] != "" || endpoint != "")
}

// Check returns the [*SettingError] with which [Open] would fail, or nil. It writes
// nothing and asks no collector.
func Check() error {
	if e := readEnvironment(); e.enabled() {
		return e.check()
	}
	return nil
}

// check returns a [*SettingError] for the first variable that cannot be used.
func (e environment) check() error {
	for _, name := range e.names() {
		check := checks()[name]
		if check == nil {
			continue
		}
		if problem := check(e[name]); problem != "" {
			return &SettingError{name, problem}
		}
	}
	return e.checkTogether()
}

// withoutEffect returns the variables that change nothing.
func (e environment) withoutEffect() []string {
	return slices.DeleteFunc(e.names(), func(name string) bool {
		other := name == "OTEL_METRICS_EXPORTER" || name == "OTEL_LOGS_EXPORTER"
		switch {
		case name == "OTEL_TRACES_SAMPLER_ARG":
			return strings.HasSuffix(e["OTEL_TRACES_SAMPLER"], "traceidratio")
		case strings.HasPrefix(name, "OTEL_GO_X_"): // experiments of the SDK
			return true
		}
		return checks()[name] != nil || other && e[name] == "none"
	})
}

// Variables returns the names of all variables that have an effect, in order.
func Variables() []string { return slices.Sorted(maps.Keys(checks())) }
