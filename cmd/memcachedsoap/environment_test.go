package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serveVariables are the environment variables of serve in the order of its
// flags. They stand here in full because unit files and containers contain
// them: none may change or disappear.
const serveVariables = `
MEMCACHEDSOAP_LISTEN
MEMCACHEDSOAP_METRICS_LISTEN
MEMCACHEDSOAP_TLS_CERT
MEMCACHEDSOAP_TLS_KEY
MEMCACHEDSOAP_TLS_CLIENT_CA
MEMCACHEDSOAP_TLS_CLIENT_AUTH
MEMCACHEDSOAP_CLIENT_CERTIFICATE_HEADER
MEMCACHEDSOAP_AUTH_FILE
MEMCACHEDSOAP_AUTH_REALM
MEMCACHEDSOAP_ALLOW_ANONYMOUS
MEMCACHEDSOAP_SERVERS
MEMCACHEDSOAP_HASH
MEMCACHEDSOAP_KETAMA_POINTS
MEMCACHEDSOAP_KEY_PREFIX
MEMCACHEDSOAP_HASH_KEY_PREFIX
MEMCACHEDSOAP_ON_DEAD_SERVER
MEMCACHEDSOAP_PROXY
MEMCACHEDSOAP_SERVER_CA
MEMCACHEDSOAP_SERVER_CERT
MEMCACHEDSOAP_SERVER_KEY
MEMCACHEDSOAP_SERVER_NAME
MEMCACHEDSOAP_SERVER_AUTH_FILE
MEMCACHEDSOAP_DISCOVERY_INTERVAL
MEMCACHEDSOAP_STORE_TIMEOUT
MEMCACHEDSOAP_MAX_SERVER_CONNECTIONS
MEMCACHEDSOAP_PREVIOUS_SERVERS
MEMCACHEDSOAP_PREVIOUS_HASH
MEMCACHEDSOAP_PREVIOUS_KETAMA_POINTS
MEMCACHEDSOAP_PREVIOUS_KEY_PREFIX
MEMCACHEDSOAP_PREVIOUS_HASH_KEY_PREFIX
MEMCACHEDSOAP_PREVIOUS_ON_DEAD_SERVER
MEMCACHEDSOAP_PREVIOUS_PROXY
MEMCACHEDSOAP_PREVIOUS_SERVER_CA
MEMCACHEDSOAP_PREVIOUS_SERVER_CERT
MEMCACHEDSOAP_PREVIOUS_SERVER_KEY
MEMCACHEDSOAP_PREVIOUS_SERVER_NAME
MEMCACHEDSOAP_PREVIOUS_SERVER_AUTH_FILE
MEMCACHEDSOAP_PREVIOUS_DISCOVERY_INTERVAL
MEMCACHEDSOAP_PREVIOUS_STORE_TIMEOUT
MEMCACHEDSOAP_PREVIOUS_MAX_SERVER_CONNECTIONS
MEMCACHEDSOAP_COMPRESS_THRESHOLD
MEMCACHEDSOAP_LOCAL
MEMCACHEDSOAP_LOCAL_MAX_AGE
MEMCACHEDSOAP_MAX_STALE
MEMCACHEDSOAP_PEER_KEY_FILE
MEMCACHEDSOAP_ADVERTISE_URL
MEMCACHEDSOAP_PEER_CA
MEMCACHEDSOAP_MEMORY_LIMIT
MEMCACHEDSOAP_PUBLIC_URL
MEMCACHEDSOAP_ALLOWED_HOSTS
MEMCACHEDSOAP_TRUSTED_PROXIES
MEMCACHEDSOAP_SESSION_TTL
MEMCACHEDSOAP_SESSION_IDLE
MEMCACHEDSOAP_MAX_SESSION_TTL
MEMCACHEDSOAP_PRINCIPAL
MEMCACHEDSOAP_MD5_KEY
MEMCACHEDSOAP_MAX_SESSIONS_PER_PRINCIPAL
MEMCACHEDSOAP_END_OLDEST_SESSION
MEMCACHEDSOAP_ENCRYPT_KEY_FILE
MEMCACHEDSOAP_GUARD_DELETIONS
MEMCACHEDSOAP_MIN_ID_LENGTH
MEMCACHEDSOAP_LEGACY_BOOKING
MEMCACHEDSOAP_MAX_BODY
MEMCACHEDSOAP_MAX_HEADER
MEMCACHEDSOAP_MAX_DEPTH
MEMCACHEDSOAP_MAX_ATTRIBUTES
MEMCACHEDSOAP_MAX_NAMESPACES
MEMCACHEDSOAP_MAX_ELEMENTS
MEMCACHEDSOAP_MAX_ENTRIES
MEMCACHEDSOAP_MAX_IN_FLIGHT
MEMCACHEDSOAP_MEMORY_BUDGET
MEMCACHEDSOAP_MAX_CONNECTIONS
MEMCACHEDSOAP_MAX_CONNECTIONS_PER_CLIENT
MEMCACHEDSOAP_MIN_RATE
MEMCACHEDSOAP_CALL_TIMEOUT
MEMCACHEDSOAP_READ_TIMEOUT
MEMCACHEDSOAP_WRITE_TIMEOUT
MEMCACHEDSOAP_IDLE_TIMEOUT
MEMCACHEDSOAP_DRAIN
MEMCACHEDSOAP_STOP_TIMEOUT
MEMCACHEDSOAP_AUDIT_LOG
MEMCACHEDSOAP_LOG_FORMAT
MEMCACHEDSOAP_LOG_LEVEL
`

// replicateVariables are those of replicate, without most of its pools.
const replicateVariables = `
MEMCACHEDSOAP_FROM
MEMCACHEDSOAP_FROM_HASH
MEMCACHEDSOAP_TO
MEMCACHEDSOAP_TO_HASH
MEMCACHEDSOAP_TWO_WAY
MEMCACHEDSOAP_ONCE
MEMCACHEDSOAP_RECONCILE
MEMCACHEDSOAP_IGNORE_ATTRIBUTES
MEMCACHEDSOAP_ALL_KEYS
MEMCACHEDSOAP_METRICS_LISTEN
MEMCACHEDSOAP_ALLOWED_HOSTS
MEMCACHEDSOAP_LOG_FORMAT
MEMCACHEDSOAP_LOG_LEVEL
`

// TestDaemonEnvironment: each flag of a daemon has its variable; of the flags of
// other commands only --url has one, MEMCACHEDSOAP_URL.
func TestDaemonEnvironment(t *testing.T) {
	parser, err := newParser()
	require.NoError(t, err)
	var serve, replicate []string
	for _, command := range parser.Model.Leaves(false) {
		for _, flag := range command.Flags {
			assert.Equal(t, flag.Tag.Envs, flag.Envs, flag.Name)
			switch {
			case command.Name == "serve":
				require.Len(t, flag.Envs, 1, flag.Name)
				serve = append(serve, flag.Envs[0])
			case command.Name == "replicate":
				require.Len(t, flag.Envs, 1, flag.Name)
				replicate = append(replicate, flag.Envs[0])
			case flag.Name == "url":
				assert.Equal(t, []string{"MEMCACHEDSOAP_URL"}, flag.Envs, command.Name)
			default:
				assert.Empty(t, flag.Envs, "%s --%s", command.Name, flag.Name)
			}
		}
	}
	assert.Equal(t, strings.Fields(serveVariables), serve)
	assert.Subset(t, replicate, strings.Fields(replicateVariables))
}

// TestServeReadsItsEnvironment: a variable sets its flag, and the flag on the
// command line takes precedence.
func TestServeReadsItsEnvironment(t *testing.T) {
	t.Setenv("MEMCACHEDSOAP_MAX_DEPTH", "7")
	t.Setenv("MEMCACHEDSOAP_SERVERS", "a,b=2")
	t.Setenv("MEMCACHEDSOAP_LEGACY_BOOKING", "false")
	t.Setenv("MEMCACHEDSOAP_TIMEOUT", "1ns") // of no flag: the client's --timeout has no variable
	var g grammar
	parser, err := kong.New(&g, daemonEnvironment())
	require.NoError(t, err)
	_, err = parser.Parse([]string{"serve"})
	require.NoError(t, err)
	assert.Equal(t, 7, g.Serve.MaxDepth)
	assert.Equal(t, []string{"a", "b=2"}, g.Serve.Servers)
	assert.False(t, g.Serve.LegacyBooking)
	_, err = parser.Parse([]string{"serve", "--max-depth=8", "--legacy-booking"})
	require.NoError(t, err)
	assert.Equal(t, 8, g.Serve.MaxDepth)
	assert.True(t, g.Serve.LegacyBooking)
	_, err = parser.Parse([]string{"status"})
	require.NoError(t, err)
	assert.Equal(t, "10s", g.Status.Timeout.String())
}

func TestServeEnvironmentNeedsServe(t *testing.T) {
	_, err := kong.New(&clientCommands{}, daemonEnvironment())
	assert.ErrorContains(t, err, "no command named serve")
}
