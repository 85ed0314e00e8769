//go:build interop

package install

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// manifests is the folder with the manifests of Kubernetes.
const manifests = root + "/scripts/deploy/kubernetes"

// TestManifests: the manifests have no field that the API does not know.
func TestManifests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(manifests + "/*.yaml")
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "manifests")
	build := exec.Command("go", "build", "-o", program, "./manifests")
	build.Dir = root + "/scripts/tools/release"
	output(t, build)
	kinds := output(t, exec.Command(program, files...))
	assert.Equal(t, "v1 ConfigMap\napps/v1 Deployment\npolicy/v1 PodDisruptionBudget\nv1 Service\nv1 Service\nmonitoring.coreos.com/v1 ServiceMonitor\n", kinds)

	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	for _, text := range []string{
		"apiVersion: v1\nkind: Service\nspec:\n  port: 80\n",
		"apiVersion: v1\nkind: Service\nspec: {}\nspec: {}\n",
		"apiVersion: v1\nkind: Servise\n",
	} {
		require.NoError(t, os.WriteFile(wrong, []byte(text), 0o600))
		assert.Error(t, exec.Command(program, wrong).Run(), text)
	}
}

// deployment is what the tests look at in the Deployment.
type deployment struct {
	Spec struct {
		Template struct {
			Spec struct {
				Grace           int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext struct {
					User  int `yaml:"runAsUser"`
					Group int `yaml:"runAsGroup"`
				} `yaml:"securityContext"`
				Containers []struct{ Args []string }
			}
		}
	}
}

// TestManifestsTogether: what the manifests say of the service is what the service does
// with the settings that they give it.
func TestManifestsTogether(t *testing.T) {
	t.Parallel()
	var settings struct{ Data map[string]string }
	decode(t, "config.yaml", &settings)
	var values struct {
		Drain       string
		StopTimeout string `yaml:"stop-timeout"`
		Auth        string `yaml:"auth-file"`
	}
	text := settings.Data["config.yaml"]
	require.NoError(t, yaml.Unmarshal([]byte(text), &values))
	var d deployment
	decode(t, "deployment.yaml", &d)
	pod := d.Spec.Template.Spec
	drain, err := time.ParseDuration(values.Drain)
	require.NoError(t, err)
	stop, err := time.ParseDuration(values.StopTimeout)
	require.NoError(t, err)
	assert.Greater(t, time.Duration(pod.Grace)*time.Second, drain+stop, "else Kubernetes kills an instance that still answers")

	folder := t.TempDir()
	file, callers := filepath.Join(folder, "config.yaml"), filepath.Join(folder, "callers.yaml")
	require.NoError(t, os.WriteFile(callers, []byte("callers: []\n"), 0o600))
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(text, values.Auth, callers, 1)), 0o600))
	output(t, exec.Command(built(t, "_linux_amd64"), "config", "check", file))

	image, err := os.ReadFile(root + "/scripts/deploy/container/Containerfile")
	require.NoError(t, err)
	for _, part := range pod.Containers[0].Args {
		assert.Contains(t, string(image), `"`+part+`"`, "the command of the image")
	}
	assert.Regexp(t, `(?m)^USER 65532:65532$`, string(image))
	assert.Equal(t, [2]int{65532, 65532}, [2]int{pod.SecurityContext.User, pod.SecurityContext.Group})
}

// decode reads the first document of a manifest.
func decode(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(manifests, name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into))
}
