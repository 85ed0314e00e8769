package lemonldap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/lemonldap/perljson"
	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// A session that cannot be read is null in a list of all sessions; a search cannot
// compare it. Both say so, but not a search with an index. What is no session is left out.
func TestListsOfUnreadableSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, settings{})
	unreadable := strings.Repeat("ab", 32)
	s.want(200, "PUT", "/sessions/global/"+unreadable, `{"_whatToTrace":"dwho"}`)
	for key, flags := range map[string]int{unreadable: 1, strings.Repeat("cd", 32): 0, strings.Repeat("ef", 16): 6} {
		_, err := s.memcached.Command(t.Context(), fmt.Sprintf("set %s %d 0 4\r\nabcd", key, flags))
		require.NoError(t, err)
	}
	s.want(500, "GET", "/sessions/global/"+unreadable, "")
	server := httptest.NewServer(s.handler)
	defer server.Close()
	post := func(query, body string) (list, header, trailer string) {
		resp, err := http.Post(server.URL+"/sessions/global?all=1"+query, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, 200, resp.StatusCode)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(text), resp.Header.Get("Warning"), resp.Trailer.Get("Warning")
	}
	const warning = `199 - "sessions that cannot be read: 1"`
	for _, data := range []string{"null", `["uid"]`} {
		list, header, trailer := post("", `{"data":`+data+`}`)
		assert.JSONEq(t, `{"`+unreadable+`":null}`, list)
		assert.Equal(t, warning, header)
		assert.Empty(t, trailer)
	}
	list, header, _ := post("&search=uid,dwho", `{"data":null}`)
	assert.Equal(t, "{}", list)
	assert.Equal(t, warning, header)
	list, header, _ = post("&search=_whatToTrace,dwho", `{"data":null}`)
	assert.Equal(t, "{}", list)
	assert.Empty(t, header, "a search with an index says nothing of it")

	cyclic := new(perldata.Hash)
	cyclic.Set("self", perldata.HashOf(cyclic))
	_, err := s.store.Replace(t.Context(), id64, cyclic, 0, sessionstore.If{})
	require.NoError(t, err)
	list, header, _ = post("", `{"data":null}`)
	assert.JSONEq(t, `{"`+unreadable+`":null,"`+id64+`":null}`, list)
	assert.Equal(t, `199 - "sessions that cannot be read: 2"`, header, "GET refuses them both")
	s.want(500, "GET", global, "")
	s.want(200, "DELETE", global, "")

	const sessions = 200
	for i := range sessions {
		s.want(200, "PUT", fmt.Sprintf("/sessions/global/%064x", i), `{"uid":"dwho","text":"`+strings.Repeat("x", 1000)+`"}`)
	}
	for query, length := range map[string]int{"": sessions + 1, "&search=uid,dwho": sessions} {
		list, header, trailer := post(query, `{"data":null}`)
		assert.Empty(t, header)
		assert.Equal(t, warning, trailer, "the beginning of the list was sent before")
		v, err := perljson.Parse([]byte(list), perljson.Limits{})
		require.NoError(t, err)
		assert.Equal(t, length, v.Hash().Len())
	}

	// LemonLDAP::NG's client reads the list with the trailer.
	out, err := exec.CommandContext(t.Context(), "perl", "-MLWP::UserAgent", "-MJSON::PP", "-e", `
		my $r = LWP::UserAgent->new->post($ARGV[0], Content_Type => 'application/json', Content => '{"data":null}');
		die $r->status_line unless $r->is_success;
		my $list = JSON::PP->new->decode($r->content);
		print scalar(keys %$list), " ", grep(!defined, values %$list) + 0;`, server.URL+"/sessions/global?all=1").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, fmt.Sprintf("%d 1", sessions+1), string(out))
}
