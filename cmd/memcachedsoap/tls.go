package main

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"memcachedsoap/service/certificate"
	"memcachedsoap/service/httpd"
)

// validateTLS rejects settings of TLS that contradict each other.
func (c *serveCommand) validateTLS() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key need each other; they may name the same file")
	case c.TLSClientCA != "" && c.TLSCert == "":
		return errors.New("--tls-client-ca needs --tls-cert and --tls-key: without TLS no client has a certificate")
	case c.TLSClientAuth != "" && c.TLSClientCA == "":
		return errors.New("--tls-client-auth needs --tls-client-ca, the authorities whose certificates are accepted")
	case c.TLSCert != "" && !slices.ContainsFunc(c.Listen, func(address string) bool { return !strings.HasPrefix(address, "unix:") }):
		return errors.New("--tls-cert is for TCP addresses, and --listen has none: a unix socket needs no TLS")
	case c.ClientCertificateHeader != "" && !headerName.MatchString(c.ClientCertificateHeader):
		return fmt.Errorf("--client-certificate-header: %q must be the name of a header, which ends with Cert or Certificate, such as X-Client-Certificate", c.ClientCertificateHeader)
	}
	return nil
}

// headerName matches the names that the header with a certificate can have: none to
// which HTTP or a proxy gives another meaning.
var headerName = regexp.MustCompile(`(?i)^([A-Z0-9-]+-)?(Cert|Certificate)$`)

// validateAddresses rejects addresses that nothing can listen on.
func (c *serveCommand) validateAddresses() error {
	if len(c.Listen) == 0 {
		return errors.New("--listen has no address: leave it out for the default")
	}
	for _, address := range c.Listen {
		if err := checkAddress("--listen", address); err != nil {
			return err
		}
	}
	return validateMetricsAddress(c.MetricsListen)
}

// validateMetricsAddress rejects a --metrics-listen that nothing can listen on.
func validateMetricsAddress(address string) error {
	if address == "" {
		return nil
	}
	return checkAddress("--metrics-listen", address)
}

// checkAddress rejects an address of a flag that nothing can listen on.
func checkAddress(flag, address string) error {
	if err := httpd.CheckAddress(address); err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	return nil
}

// addresses returns the addresses of --listen and --metrics-listen.
func (c *serveCommand) addresses() []string {
	if c.MetricsListen == "" {
		return c.Listen
	}
	return append(slices.Clone(c.Listen), c.MetricsListen)
}

// certificate returns what keeps the certificate of the service, which is reloaded, or
// nil without TLS.
func (c *serveCommand) certificate(files *reloader, logger *slog.Logger) (keeper *certificate.Keeper, err error) {
	if c.TLSCert == "" {
		return nil, nil //nolint:nilnil // as documented
	}
	err = files.add(reloadable{
		flag: "--tls-cert", paths: []string{c.TLSCert, c.TLSKey, c.TLSClientCA},
		reload: func() (err error) {
			if keeper == nil {
				keeper, err = certificate.New(certificate.Files{
					Cert: c.TLSCert, Key: c.TLSKey, ClientCA: c.TLSClientCA, ClientAuth: c.TLSClientAuth,
				}, logger)
			} else {
				err = keeper.Reload(time.Now())
			}
			if err != nil {
				return errors.New(strings.TrimPrefix(err.Error(), "certificate: "))
			}
			return nil
		},
		atLook: func() { keeper.WarnOfEnd(time.Now()) },
	})
	return keeper, err
}
