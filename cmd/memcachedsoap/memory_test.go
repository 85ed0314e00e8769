package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMemoryBudget(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	c := &serveCommand{poolSettings: poolSettings{Servers: []string{"a"}}}
	assert.LessOrEqual(t, c.memoryBudget(), int64(512*mib), "the default")
	assert.Positive(t, c.memoryBudget())
	c.MemoryBudget = 100 * mib
	assert.Equal(t, int64(100*mib), c.memoryBudget())
	assert.Equal(t, int64(90*mib), c.memoryLimit())
	c.Local = []string{"memory:64MiB"}
	assert.Equal(t, int64(170*mib), c.memoryLimit(), "the near cache comes on top")
	c.Local = []string{"host:11211"}
	assert.Equal(t, int64(90*mib), c.memoryLimit())
	c = &serveCommand{MemoryBudget: 100 * mib, MemoryLimit: 80 * mib}
	assert.Equal(t, int64(190*mib), c.memoryLimit(), "so do the sessions in this process")
}
