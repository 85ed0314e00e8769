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
		want    string
	}{
		{"", loopback, "http://127.0.0.1:8080/soap?wsdl"},
		{"", &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "http://[::1]:80/soap?wsdl"},
		{"", &net.TCPAddr{IP: net.IPv6zero, Port: 8080}, "http://localhost:8080/soap?wsdl"},
		{"", &net.TCPAddr{IP: net.IPv4zero, Port: 8080}, "http://localhost:8080/soap?wsdl"},
		{"", socket, ""},
		{"https://sso.example.com/soap", loopback, "https://sso.example.com/soap?wsdl"},
		{"https://sso.example.com/soap", socket, "https://sso.example.com/soap?wsdl"},
	} {
		assert.Equal(t, tt.want, wsdlURL(tt.public, tt.address))
	}
}
