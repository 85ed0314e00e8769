package interop_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
)

// The tests write these messages themselves, for calls that no client can make.

func envelope(payload string) string {
	return `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>` + payload + `</Body></Envelope>`
}

func getSession(id string) string {
	return `<getSession xmlns="` + wsdl.Namespace + `"><id>` + id + `</id></getSession>`
}

func setSession(id string) string {
	return `<setSession xmlns="` + wsdl.Namespace + `"><id>` + id + `</id>` +
		`<attributes><entry><key>uid</key><value>dwho</value></entry></attributes></setSession>`
}

func deleteSession(id string) string {
	return `<deleteSession xmlns="` + wsdl.Namespace + `"><id>` + id + `</id></deleteSession>`
}

// newClient returns a client. Its connections are closed at the end of the test.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// post sends a message. An error is a network error and does not end the test.
func post(t *testing.T, client *http.Client, endpoint, payload string) (status int, answer string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(envelope(payload)))
	if err != nil {
		return 0, "", err
	}
	return send(client, request)
}

func send(client *http.Client, request *http.Request) (status int, answer string, err error) {
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// call sends a message and returns the answer. The answer must have the given status.
func call(t *testing.T, client *http.Client, endpoint, payload string, status int) string {
	t.Helper()
	got, answer, err := post(t, client, endpoint, payload)
	require.NoError(t, err)
	require.Equal(t, status, got, answer)
	return answer
}

// attributes returns the session of an answer: text as string, base64 as [binary],
// lists as []any, hashes as maps.
func attributes(t *testing.T, answer string) map[string]any {
	t.Helper()
	var message struct {
		Response wsdl.GetSessionResponse `xml:"Body>getSessionResponse"`
	}
	require.NoError(t, xml.Unmarshal([]byte(answer), &message))
	require.NotNil(t, message.Response.GetSessionResult, answer)
	return hash(message.Response.GetSessionResult.Attributes)
}

// binary is the base64 of bytes.
type binary string

func hash(list *wsdl.EntryList) map[string]any {
	h := map[string]any{}
	for _, e := range list.Entry {
		h[e.Key] = value(wsdl.Item{Value: e.Value, Binary: e.Binary, Hash: e.Hash, List: e.List, Undef: e.Undef})
	}
	return h
}

func value(item wsdl.Item) any {
	switch {
	case item.Undef:
		return nil
	case item.Hash != nil:
		return hash(item.Hash)
	case item.List != nil:
		list := []any{}
		for _, i := range item.List.Item {
			list = append(list, value(*i))
		}
		return list
	case item.Binary != nil:
		return binary(item.Binary)
	}
	return item.Value
}
