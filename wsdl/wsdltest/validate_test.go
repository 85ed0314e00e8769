package wsdltest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
)

func envelope(ns, body string) string {
	return `<s:Envelope xmlns:s="` + ns + `"><s:Body>` + body + `</s:Body></s:Envelope>`
}

const (
	deleted  = `<deleteSessionResponse xmlns="urn:memcached-soap:session:v1"><deleteSessionResult>false</deleteSessionResult></deleteSessionResponse>`
	notFound = `<SessionNotFoundFault xmlns="urn:memcached-soap:session:v1"><id>ab</id></SessionNotFoundFault>`
)

func fault11(detail string) string {
	return envelope(soap11, `<s:Fault><faultcode>s:Client</faultcode><faultstring xml:lang="en">x</faultstring><detail>`+detail+`</detail></s:Fault>`)
}

func fault12(code, detail string) string {
	return envelope(soap12, `<s:Fault><s:Code><s:Value>`+code+`</s:Value></s:Code><s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason><s:Detail>`+detail+`</s:Detail></s:Fault>`)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeSchemas(t, dir)
	for name, c := range map[string]struct {
		message string
		reason  string // empty: valid
	}{
		"response in SOAP 1.1":        {envelope(soap11, deleted), ""},
		"response in SOAP 1.2":        {envelope(soap12, deleted), ""},
		"fault in SOAP 1.1":           {fault11(notFound), ""},
		"fault in SOAP 1.2":           {fault12("s:Sender", notFound), ""},
		"fault without detail":        {fault11(""), ""},
		"result missing":              {envelope(soap11, strings.ReplaceAll(deleted, "<deleteSessionResult>false</deleteSessionResult>", "")), "Missing child element"},
		"result of the wrong type":    {envelope(soap12, strings.ReplaceAll(deleted, "false", "no")), "not a valid value"},
		"unqualified result":          {envelope(soap11, strings.ReplaceAll(deleted, "<deleteSessionResult>", `<deleteSessionResult xmlns="">`)), "not expected"},
		"unknown element":             {envelope(soap11, `<x xmlns="urn:memcached-soap:session:v1"/>`), "No matching global element"},
		"element of another contract": {envelope(soap11, `<x xmlns="urn:other"/>`), "not expected"},
		"two payloads":                {envelope(soap11, deleted+deleted), "not expected"},
		"empty body":                  {envelope(soap12, ""), "Missing child element"},
		"fault with a bad detail":     {fault11(strings.ReplaceAll(notFound, "id>", "ID>")), "not expected"},
		"fault code of SOAP 1.1":      {fault12("s:Client", ""), "not an element of the set"},
		"encodingStyle":               {strings.Replace(envelope(soap11, deleted), "<s:Body", `<s:Body s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"`, 1), "not allowed"},
		"no envelope":                 {deleted, "not an envelope"},
		"not well-formed":             {"<a>", "not an envelope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := validate(t, dir, []byte(c.message))
			if c.reason == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, c.reason)
		})
	}
}

// TestValidateReports: an invalid message fails the calling test.
func TestValidateReports(t *testing.T) {
	t.Parallel()
	r := &recorder{TB: t}
	Validate(r, []byte(envelope(soap11, deleted)))
	require.Empty(t, r.errors)
	Validate(r, []byte(envelope(soap11, "")))
	require.Len(t, r.errors, 1)
}

// recorder is a test that records its failures, and runs its cleanups on request.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
	r.cleanups = nil
}

func TestOperations(t *testing.T) {
	t.Parallel()
	ops := Operations(t)
	require.NotEmpty(t, ops)
	assert.Equal(t, "status", ops[0].Name)
	assert.Equal(t, "urn:memcached-soap:session:v1#status", ops[0].Action)
	assert.Equal(t, "status", ops[0].Input.Local)
	assert.Equal(t, "statusResponse", ops[0].Output.Local)
	require.Len(t, ops[0].Faults, 1)
	assert.Equal(t, "StoreUnavailableFault", ops[0].Faults[0].Local)
	assert.Equal(t, "urn:memcached-soap:session:v1", ops[0].Faults[0].Space)
}
