//go:build interop

package clients

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (c *client) walk(t *testing.T, s *site) {
	t.Helper()
	id := s.id()
	out, err := c.run(t, s.wsdl, "walk", id)
	require.NoError(t, err)
	c.walked(t, "walk", id, out)
}

// walked checks what a walk with a session id has printed.
func (c *client) walked(t *testing.T, what, id, out string) {
	t.Helper()
	steps := stepsOf(out)
	for step, want := range map[string]string{
		"set": id, "exists": id, "get": "dwho", "update": "ok", "conflict": id, "typed": "int",
		"batch": "1", "find": "1", "stats": "1",
		"rename": id + "0", "kept": steps["renamed"], "delete": "true", "notfound": id,
	} {
		c.check(t, what, step, want, steps[step])
	}
	for _, step := range []string{"renamed", "new"} {
		assert.Regexp(t, "^[0-9a-f]{32}$", steps[step], "%s: the id that the service makes", step)
	}
	assert.NotEqual(t, id, steps["renamed"])
	c.seconds(t, steps, "touch", 1, 3600)
	c.seconds(t, steps, "ttl", 601, 900)    // more than touchSession has given
	c.seconds(t, steps, "lifetime", 1, 121) // less than the TTL of the same call; its end is a full second
}

// stepsOf returns what each step of a walk has printed.
func stepsOf(out string) map[string]string {
	steps := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		steps[name] = value
	}
	return steps
}

// seconds checks the time left that a step of a walk has printed.
func (c *client) seconds(t *testing.T, steps map[string]string, step string, least, most int) {
	t.Helper()
	left, err := strconv.Atoi(steps[step])
	require.NoError(t, err, "%s: %s", c.name, step)
	assert.True(t, least <= left && left <= most, "%s: %s is %d", c.name, step, left)
}
