package perldata_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore/perldata"
)

func TestVisitRecognisesWhatItHasMet(t *testing.T) {
	t.Parallel()
	list, hash := new(perldata.List), new(perldata.Hash)
	for range 2 {
		visit := perldata.NewVisit()
		number, again := visit.List(list)
		assert.False(t, again, "an earlier visit does not count")
		assert.Zero(t, *number)
		*number = 7
		_, again = visit.Hash(hash)
		assert.False(t, again)
		_, again = visit.List(new(perldata.List))
		assert.False(t, again, "another list")
		number, again = visit.List(list)
		assert.True(t, again)
		assert.Equal(t, uint32(7), *number)
	}
}
