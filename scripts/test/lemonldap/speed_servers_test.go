//go:build interop && speed

package lemonldap

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap"
	"memcachedsoap/sessionstore/memcached/memcachedtest"
)

// What keeps the sessions of the servers that are compared.
const (
	filesStore     = "files"  // what LemonLDAP::NG has by default
	sqliteStore    = "SQLite" // with indexes
	memcachedStore = "memcachedsoap"
)

// newTheirs starts LemonLDAP::NG's REST server as its packages run it: as www-data, with
// its local cache, and without a limit of requests for a process.
func newTheirs(t *testing.T, v version, store string) *sessionServer {
	t.Helper()
	storage := settings{}
	if store == sqliteStore {
		storage = newSQLite(t)
	}
	i := newInstance(t, v, storage, settings{
		"restSessionServer": 1, "locationRules": settings{"auth.example.com": settings{"default": "accept", "^/sessions": "accept"}},
	})
	if store == filesStore {
		for n := range manySessions {
			require.NoError(t, os.WriteFile(filepath.Join(i.dir, "sessions", digits(n)), []byte(content(n)), 0o600))
		}
	}
	giveAway(t, i.dir)
	address := fmt.Sprintf("127.%d.%d.%d:18080", 1+len(store), os.Getpid()>>8&0xff, os.Getpid()&0xff) // nobody else's
	g := startGroup(t, i.dir, store, i.environment(), "starman", "--user=www-data", "--group=www-data", "--workers="+strconv.Itoa(clients),
		"--max-requests=1000000", "--keepalive-timeout=60", "--listen="+address, "-e", appOf("Lemonldap::NG::Portal"))
	g.await(t, func() bool {
		nc, err := net.Dial("tcp", address)
		if err == nil {
			err = nc.Close()
		}
		return err == nil
	})
	cipher := lemonldap.NewCipher([]byte("a key of the tests"))
	return &sessionServer{
		store, "auth.example.com", "http://" + address + "/sessions/global", func() cost {
			user, kernel := cpuOf(t, inGroup(g.pid))
			return cost{user: user, kernel: kernel}
		},
		func() string { return cipher.Encrypt(strconv.FormatInt(time.Now().Unix(), 10)) },
	}
}

// newSQLite makes a database with the sessions, and returns the settings for it.
func newSQLite(t *testing.T) settings {
	t.Helper()
	const columns = "_whatToTrace ipAddr _utime _session_kind"
	dir, err := os.MkdirTemp("", "sqlite") //nolint:usetesting // www-data must get there
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	source := "dbi:SQLite:dbname=" + filepath.Join(dir, "sessions.db")
	fill := exec.CommandContext(t.Context(), "perl", "-MDBI", "-MJSON", "-e", `
		my $db = DBI->connect($ARGV[0], "", "", { RaiseError => 1 });
		$db->do("pragma journal_mode = wal"); # or clients at the same time are refused
		$db->begin_work;
		my @columns = split / /, $ARGV[1];
		$db->do("create table sessions (id char(64) not null primary key, a_session text, " . join(", ", map "$_ text", @columns) . ")");
		$db->do("create index i_$_ on sessions ($_)") for @columns;
		my $insert = $db->prepare("insert into sessions values (?, ?" . ", ?" x @columns . ")");
		while (<STDIN>) { my $s = decode_json($_); $insert->execute($s->{_session_id}, $_, map $s->{$_}, @columns) }
		$db->commit;`, source, columns)
	var lines bytes.Buffer
	for n := range manySessions {
		lines.WriteString(content(n) + "\n")
	}
	fill.Stdin = &lines
	out, err := fill.CombinedOutput()
	require.NoError(t, err, "%s", out)
	giveAway(t, dir)
	return settings{
		"globalStorage": "Apache::Session::Browseable::SQLite",
		"globalStorageOptions": settings{
			"DataSource": source, "UserName": "", "Password": "", "Commit": 1, "Index": columns, "Directory": nil, "LockDirectory": nil,
		},
	}
}

// giveAway makes www-data the owner of a folder.
func giveAway(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "chown", "-R", "www-data:", dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// newOurs starts the service, with a memcached, whose CPU time counts, too.
func newOurs(t *testing.T) *sessionServer {
	t.Helper()
	cache := memcachedtest.Start(t)
	service := startService(t, cache.Addr)
	isCache := func(command, parent, _ string) bool {
		return command == "memcached" && parent == strconv.Itoa(os.Getpid())
	}
	s := &sessionServer{
		memcachedStore, service.address, "http://" + service.address + "/sessions/global",
		func() cost {
			user, kernel := cpuOf(t, inGroup(service.group.pid))
			cacheUser, cacheKernel := cpuOf(t, isCache)
			return cost{user, kernel, cacheUser + cacheKernel}
		},
		func() string { return "" },
	}
	fill := func(_ *sessionServer, n int) (method, path, body string) { return "PUT", "/" + digits(n), content(n) }
	s.load(t, work{requests: manySessions, send: fill}, true)
	return s
}
