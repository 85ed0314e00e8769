package memcached

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChooseAgreesWithRecordedClients(t *testing.T) {
	t.Parallel()
	var recorded struct {
		Keys    []string
		Configs []struct {
			Client, Name string
			Servers      int
			Index        string
		}
	}
	data, err := os.ReadFile("testdata/server_choice.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &recorded))
	require.Len(t, recorded.Configs, 7)
	require.Len(t, recorded.Keys, 500)
	for _, config := range recorded.Configs {
		t.Run(config.Client+" "+config.Name, func(t *testing.T) {
			t.Parallel()
			for i, key := range recorded.Keys {
				require.Equal(t, int(config.Index[i]-'0'), choose(key, config.Servers), "key %q", key)
			}
		})
	}
}
