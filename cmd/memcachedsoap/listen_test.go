package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWSDLURL(t *testing.T) {
	t.Parallel()
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	socket := &net.UnixAddr{Name: "/run/memcachedsoap/socket", Net: "unix"}
	for _, tt := range []struct {
		public  string
		address net.Addr
		secure  bool
		want    string
	}{
		{"", loopback, false, "http://127.0.0.1:8080/soap?wsdl"},
		{"", &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, false, "http://[::1]:80/soap?wsdl"},
		{"", &net.TCPAddr{IP: net.IPv6zero, Port: 8080}, false, "http://localhost:8080/soap?wsdl"},
		{"", &net.TCPAddr{IP: net.IPv4zero, Port: 8080}, false, "http://localhost:8080/soap?wsdl"},
		{"", loopback, true, "https://127.0.0.1:8080/soap?wsdl"},
		{"", socket, false, ""},
		{"https://sso.example.com/soap", loopback, false, "https://sso.example.com/soap?wsdl"},
		{"https://sso.example.com/soap", socket, false, "https://sso.example.com/soap?wsdl"},
	} {
		assert.Equal(t, tt.want, wsdlURL(tt.public, tt.address, tt.secure))
	}
}
