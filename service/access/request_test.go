package access_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/service/access"
)

func TestAContextWithoutARecordMayDoEverything(t *testing.T) {
	t.Parallel()
	require.NoError(t, access.Require(t.Context(), access.Admin))
	require.NoError(t, access.RequireDialect(t.Context(), access.PerlDialect))
	assert.Nil(t, access.CallerOf(t.Context()))
	_, known := access.SentBy(t.Context())
	assert.False(t, known)
}

func TestRoles(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "read, write", (access.Read | access.Write).String())
	assert.Equal(t, "admin", access.Admin.String())
	for _, name := range access.RoleNames() {
		role, ok := access.ParseRole(name)
		assert.True(t, ok)
		assert.Equal(t, name, role.String())
		assert.True(t, access.Admin.Has(role))
	}
	_, ok := access.ParseRole("root")
	assert.False(t, ok)
	for _, name := range access.DialectNames() {
		dialect, ok := access.ParseDialect(name)
		assert.True(t, ok)
		assert.Equal(t, name, dialect.String())
	}
	assert.Equal(t, "contract, perl", (access.ContractDialect | access.PerlDialect).String())
}
