//go:build sessionclient

package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"

	"github.com/hooklift/gowsdl/soap"
)

// credentials returns the options with which a client sends the credentials in the
// environment.
func credentials() ([]soap.Option, error) {
	switch os.Getenv("CREDENTIALS") {
	case "basic":
		return []soap.Option{soap.WithBasicAuth(login())}, nil
	case "bearer":
		return []soap.Option{soap.WithHTTPHeaders(map[string]string{"Authorization": "Bearer " + os.Getenv("SOAP_KEY")})}, nil
	case "certificate":
		authority, err := os.ReadFile(os.Getenv("AUTHORITY"))
		if err != nil {
			return nil, err
		}
		own, err := tls.LoadX509KeyPair(os.Getenv("CERTIFICATE"), os.Getenv("CERTIFICATE_KEY"))
		if err != nil {
			return nil, err
		}
		config := &tls.Config{RootCAs: x509.NewCertPool(), Certificates: []tls.Certificate{own}}
		config.RootCAs.AppendCertsFromPEM(authority)
		return []soap.Option{soap.WithTLS(config)}, nil
	}
	return nil, nil
}

// login returns the name and the password in the environment.
func login() (name, password string) {
	name, password, _ = strings.Cut(os.Getenv("SOAP_LOGIN"), ":")
	return name, password
}
