package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

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
	for _, address := range c.addresses() {
		if err := httpd.CheckAddress(address); err != nil {
			return err
		}
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

// certificate returns what keeps the certificate of the service, or nil without TLS.
// It follows the changes of the files until stop is called.
func (c *serveCommand) certificate(ctx context.Context, logger *slog.Logger) (keeper *certificate.Keeper, stop func(), err error) {
	if c.TLSCert == "" {
		return nil, func() {}, nil
	}
	keeper, err = certificate.New(certificate.Files{
		Cert: c.TLSCert, Key: c.TLSKey, ClientCA: c.TLSClientCA, ClientAuth: c.TLSClientAuth,
	}, logger)
	if err != nil {
		return nil, nil, usageError("--tls-cert: %s", strings.TrimPrefix(err.Error(), "certificate: "))
	}
	// It works until the last request is answered.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	var running sync.WaitGroup
	running.Go(func() { keeper.Watch(ctx, hangups) })
	return keeper, func() {
		signal.Stop(hangups)
		cancel()
		running.Wait()
	}, nil
}
