package perlsite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTimesOfProcesses(t *testing.T) {
	times := Times(filepath.Join(t.TempDir(), "times"))
	_, err := times.Sum()
	require.ErrorContains(t, err, "perlsite: ")
	require.NoError(t, os.WriteFile(string(times), []byte("0.25\n1.5\n"), 0o600))
	spent, err := times.Sum()
	require.NoError(t, err)
	assert.Equal(t, 1750*time.Millisecond, spent)
}

func TestRequests(t *testing.T) {
	for _, operation := range Operations() {
		r := NewRequest(ServicePath, operation, "ab12")
		assert.Contains(t, string(r.Message), "POST "+ServicePath+" HTTP/1.1\r\n")
		assert.Contains(t, string(r.Message), "SOAPAction: \"urn:MemcachedSOAPClass#"+operation+"\"\r\n")
		assert.Len(t, r.Holds, 1)
		assert.Equal(t, operation == "getSession", assert.ObjectsAreEqual([]byte(OneOfTheSet), r.Holds[0]))
	}
	assert.Contains(t, string(NewRequest(CGIPath, "getSession", "ab12").Message), ">ab12<")
}
