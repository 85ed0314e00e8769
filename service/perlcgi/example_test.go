package perlcgi_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"memcachedsoap/service"
	"memcachedsoap/service/dialect"
	"memcachedsoap/service/perlcgi"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memory"
	"memcachedsoap/sessionstore/storable"
	"memcachedsoap/soap"
)

func Example() {
	store := sessionstore.NewStore(memory.New(memory.Options{}), storable.Codec{}, sessionstore.Options{})
	defer store.Close()
	d := soap.NewDispatcher(soap.Options{FaultOf: dialect.FaultOf, Logger: slog.New(slog.DiscardHandler)})
	perlcgi.Register(d, service.New(store, service.NewCounters("example", "setSession", "getSession")), perlcgi.Options{})

	call := func(payload string) {
		r := httptest.NewRequest(http.MethodPost, "/soap", strings.NewReader(
			`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>`+payload+`</Body></Envelope>`))
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		_, body, _ := strings.Cut(w.Body.String(), "<soap:Body>")
		fmt.Println(strings.TrimSuffix(body, "</soap:Body></soap:Envelope>"))
	}
	call(`<setSession xmlns="urn:MemcachedSOAPClass"><k>_session_id</k><v>c0ffee</v><k>uid</k><v>dwho</v></setSession>`)
	call(`<getSession xmlns="urn:MemcachedSOAPClass"><id>c0ffee</id></getSession>`)
	call(`<getSession xmlns="urn:MemcachedSOAPClass"><id>decaf</id></getSession>`)
	// Output:
	// <setSessionResponse xmlns="urn:MemcachedSOAPClass"><s-gensym3 xsi:type="xsd:string">c0ffee</s-gensym3></setSessionResponse>
	// <getSessionResponse xmlns="urn:MemcachedSOAPClass"><s-gensym3><_session_id xsi:type="xsd:string">c0ffee</_session_id><uid xsi:type="xsd:string">dwho</uid></s-gensym3></getSessionResponse>
	// <getSessionResponse xmlns="urn:MemcachedSOAPClass"><s-gensym3 /></getSessionResponse>
}
