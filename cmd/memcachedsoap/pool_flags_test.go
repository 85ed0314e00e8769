package main

import (
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore/memcached"
)

// pools is a grammar of commands with pools.
type pools struct {
	Serve struct {
		poolSettings `set:"servers=Servers of the service."`

		Standby  poolSettings `embed:"" prefix:"standby-" set:"servers=Servers of the standby."`
		Previous poolSettings `embed:"" prefix:"previous-" set:"servers=Servers of before."`
	} `cmd:""`
	Replicate struct {
		From poolSettings `embed:"" prefix:"from-" set:"servers=Servers to copy."`
		To   poolSettings `embed:"" prefix:"to-" set:"servers=Servers to fill."`
	} `cmd:""`
}

func parserOfPools(t *testing.T, g *pools) *kong.Kong {
	t.Helper()
	parser, err := kong.New(g, poolFlags(), daemonEnvironment())
	require.NoError(t, err)
	return parser
}

func TestPoolFlags(t *testing.T) {
	t.Parallel()
	var g pools
	parser := parserOfPools(t, &g)
	flags := map[string]*kong.Flag{}
	for _, command := range parser.Model.Leaves(false) {
		for _, flag := range command.Flags {
			flags[command.Name+" --"+flag.Name] = flag
		}
	}
	for flag, help := range map[string]string{
		"serve --servers":                "Servers of the service.",
		"serve --standby":                "Servers of the standby.",
		"serve --previous-servers":       "Servers of before.",
		"serve --server-cert":            "Client certificate, in PEM, for servers with tls: that ask for one. Needs --server-key. Read again when it changes. Default: none.",
		"serve --standby-hash":           "As --hash, for the pool --standby. Default cache-memcached.",
		"serve --previous-hash":          "As --hash, for the pool --previous-servers. Default cache-memcached.",
		"replicate --from":               "Servers to copy.",
		"replicate --from-server-cert":   "Client certificate, in PEM, for servers with tls: that ask for one. Needs --from-server-key. Read again when it changes. Default: none.",
		"replicate --from-store-timeout": "Longest time for connecting to a memcached server, and for its answer to one command. Default 1s.",
		"replicate --to":                 "Servers to fill.",
		"replicate --to-key-prefix":      "As --from-key-prefix, for the pool --to.",
	} {
		if assert.Contains(t, flags, flag) {
			assert.Equal(t, help, flags[flag].Help, flag)
		}
	}
	assert.Contains(t, flags["replicate --from-discovery-interval"].Help, "with --from=cfg:HOST:PORT")
	assert.Contains(t, flags["replicate --from-proxy"].Help, "each of --from is a proxy")
	assert.Equal(t, "Pool --standby:", flags["serve --standby-hash"].Group.Title)
	assert.Equal(t, []string{"MEMCACHEDSOAP_STANDBY"}, flags["serve --standby"].Envs)
	assert.Equal(t, []string{"MEMCACHEDSOAP_PREVIOUS_KEY_PREFIX"}, flags["serve --previous-key-prefix"].Envs)
	assert.NotContains(t, flags, "serve --standby-servers")
}

// A flag of a pool sets that pool only.
func TestPoolFlagsAreParsed(t *testing.T) {
	t.Parallel()
	var g pools
	parser := parserOfPools(t, &g)
	_, err := parser.Parse([]string{"replicate", "--from=a,b=2", "--to", "c", "--to-hash=modula", "--from-key-prefix", "p:"})
	require.NoError(t, err)
	from, to := g.Replicate.From, g.Replicate.To
	assert.Equal(t, []string{"a", "b=2"}, from.Servers)
	assert.Equal(t, []string{"c"}, to.Servers)
	assert.Equal(t, "cache-memcached modula", string(from.Hash)+" "+string(to.Hash))
	assert.Equal(t, "p: ", from.KeyPrefix+" "+to.KeyPrefix)
	assert.Equal(t, time.Second, to.StoreTimeout)
	_, err = parser.Parse([]string{"replicate", "--from-hash=unknown"})
	assert.ErrorContains(t, err, "--from-hash")
	_, err = parser.Parse([]string{"replicate", "--from-servers=a"})
	assert.ErrorContains(t, err, "unknown flag --from-servers")
}

// What is wrong with a pool is said with its flags.
func TestPoolIsValidated(t *testing.T) {
	t.Parallel()
	valid := poolSettings{Servers: []string{"a"}, DiscoveryInterval: time.Minute, StoreTimeout: time.Second, MaxServerConnections: 1}
	require.NoError(t, valid.validatePool(toPool))
	for _, tt := range []struct {
		change func(*poolSettings)
		want   string
	}{
		{func(p *poolSettings) { p.Proxy, p.OnDeadServer = memcached.DirectProxy, memcached.Rehash }, "--to-proxy=direct cannot be combined with --to-on-dead-server=rehash"},
		{func(p *poolSettings) { p.ServerCert = "f" }, "--to-server-cert and --to-server-key need each other"},
		{func(p *poolSettings) { p.ServerCA = "f" }, "--to-server-ca is for servers with TLS"},
		{func(p *poolSettings) { p.ServerAuthFile, p.Servers = "f", nil }, "--to-server-auth-file needs --to"},
		{func(p *poolSettings) { p.Servers = []string{"a", "srv:b"} }, "--to must be either one of cfg:HOST:PORT and srv:NAME, or servers"},
		{func(p *poolSettings) { p.DiscoveryInterval = 0 }, "--to-discovery-interval must be at least 1s"},
		{func(p *poolSettings) { p.StoreTimeout = 0 }, "--to-store-timeout must be more than 0"},
		{func(p *poolSettings) { p.MaxServerConnections = -1 }, "--to-max-server-connections must be more than 0"},
	} {
		invalid := valid
		tt.change(&invalid)
		assert.ErrorContains(t, invalid.validatePool(toPool), tt.want)
	}
	secured := valid
	secured.ServerCA = "f"
	require.NoError(t, secured.validatePool(ownPool, "tls:b"), "others use the settings, too")
}
