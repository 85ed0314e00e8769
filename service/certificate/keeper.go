package certificate

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"memcachedsoap/sessionstore/metric"
)

const (
	// soon is how long before its end a certificate is warned of.
	soon = 14 * 24 * time.Hour
	// warnEvery is how often the warning is repeated.
	warnEvery = 24 * time.Hour
)

// Keeper keeps the certificate of the service. Its methods may be called from any
// goroutine.
type Keeper struct {
	files   Files
	logger  *slog.Logger
	current atomic.Pointer[loaded]

	failing  atomic.Bool // whether the files on disk cannot be used
	reloads  metric.Counter
	failures metric.Counter

	mu      sync.Mutex        // guards what follows
	refused [sha256.Size]byte // what the files had at the last reload that failed
	warned  time.Time
}

// New reads the files. It returns an error that says what is wrong with them.
func New(files Files, logger *slog.Logger) (*Keeper, error) {
	k := &Keeper{files: files, logger: logger}
	l, err := files.load(files.read(), time.Now())
	if err != nil {
		return nil, err
	}
	k.current.Store(l)
	k.WarnOfEnd(time.Now())
	return k, nil
}

// Config returns the configuration for new connections. It is another one after each
// reload, so that no session ticket outlives the authority that has let its owner in.
func (k *Keeper) Config() *tls.Config { return k.current.Load().config }

// Accepts reports whether a client certificate that was verified for an earlier
// configuration is valid for the one that is in use now.
func (k *Keeper) Accepts(chain []*x509.Certificate, now time.Time) bool {
	config := k.Config()
	if config.ClientCAs == nil || len(chain) == 0 {
		return false
	}
	options := x509.VerifyOptions{
		Roots: config.ClientCAs, Intermediates: x509.NewCertPool(), CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, issuer := range chain[1:] {
		options.Intermediates.AddCert(issuer)
	}
	_, err := chain[0].Verify(options)
	return err == nil
}

// Reload reads the files and uses them for new connections. An error says what is wrong with
// them; the last certificate stays in use.
func (k *Keeper) Reload(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.files.read()
	digest := c.digest()
	if digest == k.current.Load().digest {
		k.failing.Store(false)
		k.logger.Info("certificate unchanged", "file", k.files.Cert)
		return nil
	}
	l, err := k.files.load(c, now)
	if err != nil {
		if !k.failing.Swap(true) || k.refused != digest {
			k.failures.Inc()
		}
		k.refused = digest
		return fmt.Errorf("%w (the certificate in use ends at %s)", err, k.current.Load().leaf.NotAfter.Format(time.RFC3339))
	}
	k.current.Store(l)
	k.reloads.Inc()
	k.failing.Store(false)
	k.warned = time.Time{}
	k.logger.Info("certificate reloaded", "file", k.files.Cert, "subject", Subject(l.leaf), "ends", l.leaf.NotAfter)
	k.warnOfEnd(now)
	return nil
}

// WarnOfEnd logs certificates that end soon, at most once a day.
func (k *Keeper) WarnOfEnd(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.warnOfEnd(now)
}

func (k *Keeper) warnOfEnd(now time.Time) {
	if now.Sub(k.warned) < warnEvery {
		return
	}
	l := k.current.Load()
	if now.Before(l.leaf.NotBefore) {
		k.warned = now
		k.logger.Warn("certificate is not valid yet", "file", k.files.Cert, "begins", l.leaf.NotBefore)
	}
	if now.Add(soon).After(l.leaf.NotAfter) {
		k.warned = now
		k.logger.Warn("certificate ends soon: renew it", "file", k.files.Cert, "ends", l.leaf.NotAfter)
	}
	for _, authority := range l.authorities {
		if now.Add(soon).After(authority.NotAfter) {
			k.warned = now
			k.logger.Warn("authority of clients ends soon: add the next one", "file", k.files.ClientCA, "subject", Subject(authority), "ends", authority.NotAfter)
		}
	}
}

// Metrics returns the metrics of the certificate. A nil Keeper has them, too: its
// certificate never ends.
func (k *Keeper) Metrics() []metric.Metric {
	const (
		end      = "tls_certificate_end_time_seconds"
		endHelp  = "When the certificate of the service ends, in seconds since 1970. +Inf without TLS."
		fail     = "tls_reload_failed"
		failHelp = "1 while the files of the certificate cannot be used and the last ones are."
		reloads  = "tls_reloads_total"
		relHelp  = "Reloads of the certificate."
		failures = "tls_reload_failures_total"
		fulHelp  = "Reloads of the certificate that failed."
	)
	if k == nil {
		k = &Keeper{}
		return append([]metric.Metric{metric.GaugeOf(end, endHelp, metric.Infinite()), metric.Switch(fail, failHelp, false)},
			k.reloads.Metric(reloads, relHelp), k.failures.Metric(failures, fulHelp))
	}
	return []metric.Metric{
		metric.GaugeOf(end, endHelp, float64(k.current.Load().leaf.NotAfter.Unix())), metric.Switch(fail, failHelp, k.failing.Load()),
		k.reloads.Metric(reloads, relHelp), k.failures.Metric(failures, fulHelp),
	}
}
