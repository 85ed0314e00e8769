package rpc_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"memcachedsoap/service"
	"memcachedsoap/service/lemonldap"
	"memcachedsoap/service/lemonldap/rpc"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

func Example() {
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	defer store.Close()
	s := service.New(store, service.NewCounters("example", rpc.Operations()...))
	d := soap.NewDispatcher(soap.Options{FaultOf: lemonldap.FaultOf, Logger: slog.New(slog.DiscardHandler)})
	rpc.Register(d, s, lemonldap.New(s, lemonldap.Options{Timeout: 20 * time.Hour}), rpc.Options{})

	call := func(payload string) {
		r := httptest.NewRequest(http.MethodPost, "/adminSessions", strings.NewReader(
			`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>`+payload+`</Body></Envelope>`))
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		_, body, _ := strings.Cut(w.Body.String(), "<soap:Body>")
		fmt.Println(strings.TrimSuffix(body, "</soap:Body></soap:Envelope>"))
	}
	call(`<n:getAttributes xmlns:n="` + rpc.Namespace + `"><id>5efe8af397fc3577e05b483aca964f1b</id></n:getAttributes>`)
	call(`<n:deleteSession xmlns:n="` + rpc.Namespace + `"><id>5efe8af397fc3577e05b483aca964f1b</id></n:deleteSession>`)
	// Output:
	// <getAttributesResponse xmlns="urn:Lemonldap/NG/Common/PSGI/SOAPService"><session><error xsi:type="xsd:int">1</error></session></getAttributesResponse>
	// <deleteSessionResponse xmlns="urn:Lemonldap/NG/Common/PSGI/SOAPService"><result xsi:type="xsd:int">0</result></deleteSessionResponse>
}
