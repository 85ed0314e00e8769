//go:build interop

package clients

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/sessionstore"
	"memcachedsoap/sessionstore/perldata"
)

// TestRelease runs the programs of release 0.1 against the service. Those of toolkits that
// generate code have the code that was generated from the WSDL of then. The others read
// the WSDL of now.
func TestRelease(t *testing.T) {
	programs, err := filepath.Glob("testdata/release-0.1/*/*/build")
	require.NoError(t, err)
	require.NotEmpty(t, programs)
	s := newSite(t)
	for _, c := range built(t, programs, "clients-0.1") {
		t.Run(c.name, func(t *testing.T) {
			c.build(t, s.wsdl)
			c.releaseWalk(t, s)
			c.releaseRead(t, s)
		})
	}
}

// releaseWalk checks the walk of release 0.1, in which each operation is called as it was.
func (c *client) releaseWalk(t *testing.T, s *site) {
	t.Helper()
	id := s.id()
	out, err := c.run(t, s.wsdl, "walk", id)
	require.NoError(t, err)
	steps := stepsOf(out)
	for step, want := range map[string]string{
		"set": id, "get": "dwho", "update": "ok", "conflict": id,
		"batch": "1", "find": "1", "stats": "1", "delete": "true", "notfound": id,
	} {
		assert.Equal(t, want, steps[step], "%s: %s", c.name, step)
	}
	assert.Regexp(t, "^[0-9a-f]{32}$", steps["new"], "the id that the service makes")
	c.seconds(t, steps, "touch", 1, 3600)
}

// releaseRead checks that a program of release 0.1 reads what a program of now stores: it
// sees numbers and booleans as text, as before.
func (c *client) releaseRead(t *testing.T, s *site) {
	t.Helper()
	id := s.id()
	attributes := hash(map[string]perldata.Value{
		"plain": text("plain"), "int": perldata.IntOf(42), "double": number("0.5"),
		"true": perldata.IntOf(1), "true" + hint: text(isBoolean),
	})
	_, err := s.store.Replace(t.Context(), sessionstore.ID(id), attributes.Hash(), time.Hour, sessionstore.If{})
	require.NoError(t, err)
	out, err := c.run(t, s.wsdl, "read", id)
	require.NoError(t, err)
	read := map[string]string{}
	for key, value := range stepsOf(out) {
		read[unhex(key)] = value
	}
	for key, want := range map[string]string{"plain": "plain", "int": "42", "double": "0.5", "true": "1"} {
		assert.Equal(t, rendered(text(want)), read[key], "%s: %s", c.name, key)
	}
}
