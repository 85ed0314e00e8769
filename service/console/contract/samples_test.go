package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/scripts/clients"
	"memcachedsoap/scripts/test/pagetest"
	"memcachedsoap/service/console/contract"
)

// The samples are programs and commands that the tests of the client pages run: none of
// them is skipped there, and no second copy exists.
func TestSamplesAreThoseOfTheClientPages(t *testing.T) {
	t.Parallel()
	samples := contract.Samples()
	require.Len(t, samples, 7)
	for _, s := range samples {
		markdown, err := clients.Pages.ReadFile(s.Folder + "/README.md")
		require.NoError(t, err)
		blocks, err := pagetest.Blocks(string(markdown))
		require.NoError(t, err)
		at := slices.IndexFunc(blocks, func(b pagetest.Block) bool { return b.File != "" })
		require.Positive(t, at, s.Name)
		assert.Equal(t, blocks[at].File, s.File, s.Name)
		assert.Equal(t, blocks[at].Code, s.Program, s.Name)
		assert.Contains(t, s.Program, "http://127.0.0.1:8080/soap", s.Name)
		run := slices.IndexFunc(blocks[at:], func(b pagetest.Block) bool { return b.Language == "sh" })
		require.Positive(t, run)
		assert.Equal(t, blocks[at+run].Code, s.Run, s.Name)
		var before strings.Builder
		for _, b := range blocks[:at] {
			if b.Skip == "" {
				before.WriteString(b.Code)
			}
		}
		assert.Equal(t, before.String(), s.Install, s.Name)
	}
}

// The programs have the address of this service.
func TestSamplesHaveTheAddress(t *testing.T) {
	t.Parallel()
	_, body := get(newContract(contract.Options{}), "", "https://sso.example/apps/soap")
	assert.NotContains(t, body, "127.0.0.1:8080")
	assert.GreaterOrEqual(t, strings.Count(body, "https://sso.example/apps/soap"), len(contract.Samples())+2)
}
