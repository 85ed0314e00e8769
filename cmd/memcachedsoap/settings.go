package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"

	"memcachedsoap/service/certificate"
	"memcachedsoap/service/httpd"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/memcached"
	"memcachedsoap/sessionstore/memcached/discovery"
)

// serveCommand holds the settings of the service: each field is a flag, with the
// environment variable that [daemonEnvironment] gives it.
type serveCommand struct {
	configSettings

	Listen        []string `default:"127.0.0.1:8080" placeholder:"ADDRESS" group:"Addresses:" help:"Addresses to listen on: HOST:PORT, :PORT for every interface, unix:PATH, or systemd for the sockets of a .socket unit (systemd:NAME for those with this FileDescriptorName). unix:PATH?mode=0660&group=www-data gives a unix socket a mode and a group. Separate several by commas. Default ${default}."`
	MetricsListen string   `name:"metrics-listen" placeholder:"ADDRESS" group:"Addresses:" help:"Address of the metrics for Prometheus, at the path /metrics, in the forms of --listen; always without TLS. Do not publish it through a reverse proxy. Default: metrics are not served."`

	TLSCert                 string                 `name:"tls-cert" placeholder:"FILE" group:"TLS:" help:"Certificate of the service in PEM form, and behind it those of its issuers: every TCP address of --listen speaks TLS then. A changed file is used for new connections within 2 seconds, and at once after SIGHUP. Default: no TLS."`
	TLSKey                  string                 `name:"tls-key" placeholder:"FILE" group:"TLS:" help:"Private key of --tls-cert in PEM form, not encrypted. Default: no TLS."`
	TLSClientCA             string                 `name:"tls-client-ca" placeholder:"FILE" group:"TLS:" help:"Certificates in PEM form of the authorities that issue the certificates of clients. Default: clients are not asked for certificates."`
	TLSClientAuth           certificate.ClientAuth `name:"tls-client-auth" placeholder:"WHAT" complete:"optional,required" group:"TLS:" help:"Whether a client must have a certificate of --tls-client-ca: required, or optional, where one that is sent must be valid. Default: required."`
	ClientCertificateHeader string                 `name:"client-certificate-header" placeholder:"NAME" group:"TLS:" help:"Header in which the trusted proxies pass on the certificate of the client, which they have verified: PEM as Apache and nginx write it, or base64 of DER as HAProxy and RFC 9440 do. The proxies must remove the header from what clients send. Default: none."`

	AuthFile       string `name:"auth-file" type:"path" placeholder:"FILE" group:"Access:" help:"YAML file that lists the callers: their names, roles and credentials. Requests of others are refused. It is read again when it changes and on SIGHUP. Default: everybody may call who reaches --listen, which must be a loopback address or a unix socket."`
	AuthRealm      string `name:"auth-realm" default:"memcachedsoap" placeholder:"TEXT" group:"Access:" help:"Realm that a request without credentials is told: some programs choose their password by it. Default ${default}."`
	AllowAnonymous bool   `name:"allow-anonymous" group:"Access:" help:"Let everybody call who reaches --listen, on addresses that other machines reach, too. Default: such addresses need --auth-file."`
	Console        bool   `default:"true" negatable:"" group:"Access:" help:"Show the console, the pages for people at /console: to callers of --auth-file, or without one to clients on this machine only. With --allow-anonymous it is off, and with --no-console, too. Default ${default}."`

	poolSettings `set:"servers=memcached servers that store the sessions: HOST:PORT, HOST or unix:PATH, each followed by =WEIGHT if it has a weight, and with tls: before it if it speaks TLS. Separate them by commas. List the servers in the same order, with the same weights and hash, as your Perl programs: the order decides which server holds which session. Instead of servers, cfg:HOST:PORT is a configuration endpoint (ElastiCache, Memorystore) and srv:NAME is a name with SRV records: the list is taken at the start; cfg:tls:HOST:PORT and srv:tls:NAME if the servers speak TLS. Default: the sessions are in the memory of this process and end with it."`

	Previous poolSettings `embed:"" prefix:"previous-" set:"servers=memcached servers that --servers listed before, in the same order, when the pool grows, shrinks or moves, or gets another hash. A session that is not yet at its place on --servers is looked for here, and moved. As long as an instance has only the previous list, the sessions stay here. Needs --servers. Default: no session is moved."`

	standbySettings

	FollowServers []string `placeholder:"HOST:PORT" group:"Servers:" help:"memcached servers behind the proxies that --servers lists, in the forms of --servers without a weight: those of one zone if the proxies store each session in several. The service follows and scans them for findSessions, deleteSessions, the near cache and the guard of deletions, which a proxy hides. Default: none."`

	CompressThreshold byteSize `default:"0" placeholder:"SIZE" group:"Servers:" help:"Compress sessions of at least this size, as compress_threshold of Cache::Memcached does; 0 never compresses. Compressed sessions are always readable. Default ${default}."`

	Local       []string `placeholder:"memory:SIZE" group:"Near cache:" help:"Near cache for the sessions on --servers: memory:SIZE, such as memory:64MiB, is inside this process; otherwise memcached servers, HOST:PORT or unix:PATH, with tls: before a host that speaks TLS, separated by commas, to which the settings of --server-ca to --server-auth-file apply, too. Changes on --servers invalidate its entries. Default: no near cache."`
	LocalMaxAge seconds  `default:"5" placeholder:"SECONDS" group:"Near cache:" help:"Near-cache TTL: the longest staleness after a change that memcached does not report, such as a deletion by a Perl program on memcached before 1.6.20. Default ${default}."`
	MaxStale    seconds  `default:"0" placeholder:"SECONDS" group:"Near cache:" help:"Stale-if-error: how long the near cache answers while the server of a session does not; 0 is not at all. Only with --local. Default ${default}."`

	PeerKeyFile  string `name:"peer-key-file" type:"path" placeholder:"FILE" group:"Instances:" help:"Follow the changes on --servers together with the other instances, which have the same file: 16 of them watch the servers, and the others follow through one of these. The file has a secret of 32 characters at least in each line; the first one is used, and all are accepted. Only its owner and its group may read it. It is read again when it changes and on SIGHUP. Needs --advertise-url. Default: each instance watches the servers, which take 20 watchers."`
	AdvertiseURL string `name:"advertise-url" placeholder:"URL" group:"Instances:" help:"URL of this instance for the other instances, such as https://sessions1.example.com:8443: the address of one of --listen, not of a proxy. Needs --peer-key-file. Default: none."`
	PeerCA       string `name:"peer-ca" type:"path" placeholder:"FILE" group:"Instances:" help:"Certificates, in PEM, of the authorities that sign those of the other instances. Read again when it changes and on SIGHUP. Default: the authorities of the system."`

	MemoryLimit byteSize `default:"64MiB" placeholder:"SIZE" group:"Servers:" help:"Memory for sessions without --servers. The least recently used sessions are evicted. Default ${default}."`

	PublicURL      string         `name:"public-url" placeholder:"URL" group:"Addresses:" help:"URL of the endpoint as clients know it, for the WSDL. Default: the URL at which the WSDL is requested."`
	AllowedHosts   []string       `name:"allowed-hosts" placeholder:"NAME" group:"Addresses:" help:"Host names for which the service answers, besides localhost, IP addresses, names without a dot and the host of --public-url. A request for another host is refused with HTTP status 421, because a web page may have redirected the name to the service (DNS rebinding). Name the public host if a reverse proxy passes it on (ProxyPreserveHost of Apache). * allows every host. Separate several by commas."`
	TrustedProxies []netip.Prefix `default:"127.0.0.0/8,::1/128" placeholder:"CIDR" group:"Addresses:" help:"Networks of the reverse proxies whose headers X-Forwarded-For, -Host, -Proto, -Port, -Prefix and -User, Forwarded and X-Request-ID are trusted. Name every proxy of a chain. Separate several by commas. Default ${default}."`

	SessionTTL    seconds `name:"session-ttl" default:"72000" placeholder:"SECONDS" group:"Sessions:" help:"TTL of a session whose writer sets none; 0: it never expires. Default ${default}."`
	SessionIdle   seconds `name:"session-idle" default:"0" placeholder:"SECONDS" group:"Sessions:" help:"Idle timeout: a session expires if nobody reads or changes it for this time, and at the end of its TTL in any case; 0: no idle timeout. Default ${default}."`
	MaxSessionTTL seconds `name:"max-session-ttl" default:"0" placeholder:"SECONDS" group:"Sessions:" help:"Longest TTL of a session. A longer one is reduced to it; 0: no limit. Default ${default}."`

	Principal               []string `placeholder:"ATTRIBUTE" group:"Sessions:" help:"Attributes, such as uid, by whose values sessions are found. Separate several by commas; a call that names none means the first. findSessions and deleteSessions find every session of a value. Perl programs find the newest one by the MD5 lookup key, see --md5-key. Default: none."`
	MD5Key                  bool     `name:"md5-key" default:"true" negatable:"" group:"Sessions:" help:"Write the MD5 lookup key of each principal, as Perl programs expect (option principal of Apache::Session::Memorycached): the MD5 of the value is a key that leads to the newest session, and the session has it as ATTRIBUTE_MD5. With --no-md5-key neither is written, read nor followed. Use it if LemonLDAP::NG keeps its persistent sessions on the same servers: they have these keys as their ids. Default ${default}."`
	MaxSessionsPerPrincipal int      `name:"max-sessions-per-principal" default:"1000" placeholder:"N" group:"Sessions:" help:"Most sessions of one user with --end-oldest-session, from 1 to 5000. Default ${default}."`
	EndOldestSession        bool     `group:"Sessions:" help:"End the oldest session of a user who logs in and has more than --max-sessions-per-principal. Default: no session ends because of others."`
	EncryptKeyFile          string   `name:"encrypt-key-file" complete:":files" placeholder:"FILE" group:"Sessions:" help:"Store sessions encrypted (AES-256-GCM), with the first key of this file; all its keys decrypt. memcachedsoap encrypt-key prints a key. The file is read again when it changes and on SIGHUP. Perl programs find no encrypted session, so no MD5 lookup key is written, read or followed; sessions that they store are read. Only with --servers. Default: sessions are stored unencrypted."`
	GuardDeletions          bool     `name:"guard-deletions" default:"true" negatable:"" group:"Sessions:" help:"Keep a deleted session deleted when another program, such as a Perl program, stores it again: its tombstone is put back within milliseconds, unless the session is a newer login. With --no-guard-deletions only the tombstone protects a deletion, and other programs can write over it. Default ${default}."`

	MinIDLength   int  `name:"min-id-length" default:"0" placeholder:"N" group:"Sessions:" help:"Fewest digits of an id under which setSession of the contract creates a session, up to 64. A shorter id of a session that is absent or deleted is refused, so that nobody stores a session under an id that is easy to guess. Ids that the service creates have 32 digits. Default ${default}."`
	LegacyBooking bool `name:"legacy-booking" default:"true" negatable:"" group:"Sessions:" help:"Create a session when a program written for MemcachedSOAP.cgi asks for one without an id, as the script did. With --no-legacy-booking that is a fault. Default ${default}."`

	lemonldapSettings
	lemonldapEventsSettings

	MaxBody                 byteSize `default:"4MiB" placeholder:"SIZE" group:"Limits:" help:"Largest request, compressed and decompressed. Default ${default}."`
	MaxHeader               byteSize `default:"32KiB" placeholder:"SIZE" group:"Limits:" help:"Largest header of a request. Default ${default}."`
	MaxDepth                int      `default:"600" placeholder:"N" group:"Limits:" help:"Deepest nesting of XML elements. Default ${default}."`
	MaxAttributes           int      `default:"64" placeholder:"N" group:"Limits:" help:"Most attributes of one XML element. Default ${default}."`
	MaxNamespaces           int      `default:"64" placeholder:"N" group:"Limits:" help:"Most XML namespace declarations in scope at one element. Default ${default}."`
	MaxElements             int      `default:"160000" placeholder:"N" group:"Limits:" help:"Most XML elements of one request. Default ${default}."`
	MaxEntries              int      `default:"50000" placeholder:"N" group:"Limits:" help:"Most entries of one session, nested ones included, and of all sessions of one response. Default ${default}."`
	MaxInFlight             int      `default:"512" placeholder:"N" group:"Limits:" help:"Concurrency limit: most requests that are worked on at the same time. A request that is still arriving, or whose response is being sent, does not count. Further ones are rejected with HTTP status 503. Default ${default}."`
	MemoryBudget            byteSize `placeholder:"SIZE" group:"Limits:" help:"Memory that all requests in flight may take together: what they have received, decompressed and decoded, and their responses. Further ones wait for a second and are then rejected with HTTP status 503. Go's memory limit is derived from it unless GOMEMLIMIT is set. Default: 512MiB, or a quarter of the memory of the machine or its cgroup if that is less."`
	MaxConnections          int      `default:"4096" placeholder:"N" group:"Limits:" help:"Most open connections of one listener. For a further one, the connection that has been without a request for the longest time is closed. Default ${default}."`
	MaxConnectionsPerClient int      `name:"max-connections-per-client" default:"1024" placeholder:"N" group:"Limits:" help:"Most open connections of one client, by its address; of IPv6 by its network of 64 bits. Addresses of --trusted-proxies and unix sockets have no limit; 0: no limit. Default ${default}."`
	MinRate                 byteSize `name:"min-rate" default:"4KiB" placeholder:"SIZE" group:"Limits:" help:"Least number of bytes a second at which a client must send a request and take a large response, after five seconds; 0: no limit. Default ${default}."`

	CallTimeout  time.Duration `default:"10s" placeholder:"TIME" group:"Timeouts:" help:"Longest time for one call, from the end of its request. Default ${default}."`
	ReadTimeout  time.Duration `default:"30s" placeholder:"TIME" group:"Timeouts:" help:"Longest time for reading one request. Default ${default}."`
	WriteTimeout time.Duration `default:"60s" placeholder:"TIME" group:"Timeouts:" help:"Longest time from the end of a request's header to the end of the response. Default ${default}."`
	IdleTimeout  time.Duration `default:"2m" placeholder:"TIME" group:"Timeouts:" help:"How long a connection without a request stays open. Default ${default}."`
	Drain        time.Duration `default:"1s" placeholder:"TIME" group:"Timeouts:" help:"How long a stopping service still answers. Meanwhile it reports that it is not ready and closes each connection after its response. Default ${default}."`
	StopTimeout  time.Duration `default:"30s" placeholder:"TIME" group:"Timeouts:" help:"Longest time for the requests in flight, after --drain. Default ${default}."`

	AuditLog string `name:"audit-log" placeholder:"FILE" complete:":files" group:"Log:" help:"File of the audit log, or - for standard output: one line in JSON for each change, deletion, search and refusal, with the caller, the session by its hash prefix and the attributes by name, never with values. The file is opened again when it was moved, and on SIGHUP. Default: no audit log."`

	logSettings `set:"lines= (one line a request)"`

	fingerprinted
}

// Validate rejects settings that cannot work. Kong calls it.
func (c *serveCommand) Validate() error {
	for _, validate := range []func() error{
		c.validateAddresses, c.validateAccess, c.validateTLS, c.validatePublicURL, c.validateAllowedHosts, c.validateTTLs, c.validateMinIDLength, c.validatePrincipals, c.validateLemonLDAP, c.validateLemonLDAPEvents, c.validateEncryption, c.validateServers, c.validateStandby, c.validateNearCache, c.validatePeers, c.validateTimeouts, c.validateLimits,
	} {
		if err := validate(); err != nil {
			return c.located(err)
		}
	}
	return nil
}

func (c *serveCommand) validatePublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("--public-url must be an http or https URL without a query, such as https://sso.example.com/soap")
	}
	return nil
}

func (c *serveCommand) validateAllowedHosts() error {
	for _, name := range c.AllowedHosts {
		if name != httpd.AnyHost && !hostName.MatchString(name) {
			return fmt.Errorf("--allowed-hosts: %q must be a host name without a port, such as sso.example.com, or * for every host", name)
		}
	}
	return nil
}

// hostName matches the names that a Host header can have.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$`)

func (c *serveCommand) validateTTLs() error {
	if c.MaxSessionTTL > 0 && (c.SessionTTL == 0 || c.SessionTTL > c.MaxSessionTTL) {
		return errors.New("--session-ttl must not be longer than --max-session-ttl; 0 never expires")
	}
	if c.SessionIdle > 0 && c.SessionTTL > 0 && c.SessionIdle > c.SessionTTL {
		return errors.New("--session-idle must not be longer than --session-ttl")
	}
	return nil
}

func (c *serveCommand) validateMinIDLength() error {
	if c.MinIDLength < 0 || c.MinIDLength > sessionstore.MaxIDLength {
		return fmt.Errorf("--min-id-length must be from 0 to %d", sessionstore.MaxIDLength)
	}
	return nil
}

func (c *serveCommand) validateTimeouts() error {
	switch {
	case c.StoreTimeout > c.CallTimeout:
		return errors.New("--store-timeout must not be longer than --call-timeout")
	case c.CallTimeout > c.WriteTimeout:
		return errors.New("--call-timeout must not be longer than --write-timeout, or the response cannot be sent")
	case c.Drain < 0:
		return errors.New("--drain must not be negative")
	}
	return nil
}

// validateLimits rejects limits and timeouts that nothing can keep.
func (c *serveCommand) validateLimits() error {
	for _, limit := range []struct {
		flag  string
		value int64
	}{
		{"memory-limit", int64(c.MemoryLimit)},
		{"max-body", int64(c.MaxBody)},
		{"max-header", int64(c.MaxHeader)},
		{"max-depth", int64(c.MaxDepth)},
		{"max-attributes", int64(c.MaxAttributes)},
		{"max-namespaces", int64(c.MaxNamespaces)},
		{"max-elements", int64(c.MaxElements)},
		{"max-entries", int64(c.MaxEntries)},
		{"max-in-flight", int64(c.MaxInFlight)},
		{"max-connections", int64(c.MaxConnections)},
		{"call-timeout", int64(c.CallTimeout)},
		{"read-timeout", int64(c.ReadTimeout)},
		{"write-timeout", int64(c.WriteTimeout)},
		{"idle-timeout", int64(c.IdleTimeout)},
		{"stop-timeout", int64(c.StopTimeout)},
	} {
		if limit.value <= 0 {
			return fmt.Errorf("--%s must be more than 0", limit.flag)
		}
	}
	if c.MaxBody > largestBody {
		return errors.New("--max-body must not be more than 1GiB")
	}
	return nil
}

// largestBody keeps the positions in a message, in any encoding, within 32 bits.
const largestBody = 1 << 30

// maxSessionsPerPrincipal keeps the index of a principal within an item of one
// megabyte, in which an entry may occur twice until the index is compacted.
const maxSessionsPerPrincipal = 5000

func (c *serveCommand) validatePrincipals() error {
	for i, name := range c.Principal {
		switch {
		case name == "":
			return errors.New("--principal has an empty name: separate the attributes by one comma")
		case name == sessionstore.IDAttribute:
			return errors.New("--principal must not be " + sessionstore.IDAttribute + ": getSession finds a session by its id")
		case slices.Contains(c.Principal[:i], name):
			return fmt.Errorf("--principal %s is given twice", name)
		}
	}
	if c.MaxSessionsPerPrincipal < 1 || c.MaxSessionsPerPrincipal > maxSessionsPerPrincipal {
		return fmt.Errorf("--max-sessions-per-principal must be from 1 to %d", maxSessionsPerPrincipal)
	}
	return nil
}

func (c *serveCommand) validateEncryption() error {
	if c.EncryptKeyFile != "" && len(c.Servers) == 0 {
		return errors.New("--encrypt-key-file needs --servers: without them no session leaves this process")
	}
	return nil
}

func (c *serveCommand) validateServers() error {
	if slices.ContainsFunc(c.Local, discovery.IsPlace) {
		return errors.New("--local cannot be discovered: list its servers, or use memory:SIZE")
	}
	switch {
	case len(c.FollowServers) == 0:
	case len(c.Servers) == 0, c.OnDeadServer == memcached.Rehash, len(c.Previous.Servers) > 0, len(c.Standby.Servers) > 0, c.PeerKeyFile != "":
		return errors.New("--follow-servers is for proxies in --servers, without --on-dead-server=rehash, --previous-servers, --standby and --peer-key-file")
	}
	if err := c.validatePool(ownPool, slices.Concat(c.Local, c.FollowServers)...); err != nil {
		return err
	}
	return c.validatePrevious()
}

// validateNearCache rejects a near cache that cannot be consistent, or that is
// too small to be of use.
func (c *serveCommand) validateNearCache() error {
	switch {
	case len(c.Local) == 0 && c.MaxStale > 0:
		return errors.New("--max-stale needs a near cache: set --local")
	case len(c.Local) == 0:
		return nil
	case len(c.Servers) == 0:
		return errors.New("--local needs --servers: without them the sessions are in this process anyway")
	case c.OnDeadServer == memcached.Rehash:
		return errors.New("--local cannot be combined with --on-dead-server=rehash: a session may then be on several servers")
	case c.LocalMaxAge == 0:
		return errors.New("--local-max-age must be more than 0")
	}
	for _, place := range c.Local {
		size, inProcess, err := nearCacheSize(place)
		switch {
		case !inProcess:
		case len(c.Local) > 1:
			return errors.New("--local must be either memory:SIZE or servers, not both")
		case err != nil:
			return fmt.Errorf("--local: %w", err)
		case size < minNearCache:
			return errors.New("--local=memory:SIZE must be at least 1MiB")
		}
	}
	return nil
}

// minNearCache is the smallest size, in bytes, at which a near cache is of use.
const minNearCache = 1 << 20
