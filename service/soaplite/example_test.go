package soaplite_test

import (
	"fmt"

	"memcachedsoap/service/soaplite"
	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/soap"
	"memcachedsoap/soap/xmlscan"
)

func Example() {
	var s xmlscan.Scanner
	s.Reset([]byte(`<setSession xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`+
		`<c-gensym4 xsi:type="xsd:string">uid</c-gensym4><c-gensym6 xsi:type="xsd:base64Binary">em/Dqw==</c-gensym6>`+
		`<c-gensym8 xsi:type="xsd:string">level</c-gensym8><c-gensym10 xsi:type="xsd:int">2</c-gensym10></setSession>`), xmlscan.Limits{})
	if _, err := s.Next(); err != nil {
		fmt.Println(err)
		return
	}
	var r soaplite.Reader
	if err := r.Call(&s); err != nil {
		fmt.Println(err)
		return
	}
	parameters, err := r.Values()
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := soaplite.Pairs(parameters)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := soaplite.Encoding{Version: soap.V11}.Response(soap.Name{Space: "urn:x", Local: "getSession"}, perldata.HashOf(session))
	if err != nil {
		fmt.Println(err)
		return
	}
	payload, err := answer.Append(nil, nil)
	fmt.Println(string(payload), err)
	// Output:
	// <getSessionResponse xmlns="urn:x"><s-gensym3><level xsi:type="xsd:int">2</level><uid xsi:type="xsd:base64Binary">em/Dqw==</uid></s-gensym3></getSessionResponse> <nil>
}
