// Command manifests decodes manifests of Kubernetes into the types of its API and of the
// Prometheus Operator. It fails at a field that these do not have or that is there twice:
//
//	go run -C scripts/tools/release ./manifests FILE...
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	documents "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// objectOf returns an empty object of a kind, or nil.
func objectOf(kind v1.TypeMeta) any {
	switch kind.APIVersion + " " + kind.Kind {
	case "v1 ConfigMap":
		return new(core.ConfigMap)
	case "v1 Service":
		return new(core.Service)
	case "apps/v1 Deployment":
		return new(apps.Deployment)
	case "policy/v1 PodDisruptionBudget":
		return new(policy.PodDisruptionBudget)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		return new(monitoring.ServiceMonitor)
	}
	return nil
}

func main() {
	failed := len(os.Args) < 2
	for _, file := range os.Args[1:] {
		if err := decode(file); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// decode decodes every document of a file, and prints what each is.
func decode(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	reader := documents.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var kind v1.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			return err
		}
		object := objectOf(kind)
		if object == nil {
			return fmt.Errorf("%q of %q is none of the kinds that are known", kind.Kind, kind.APIVersion)
		}
		if err := yaml.UnmarshalStrict(document, object); err != nil {
			return err
		}
		fmt.Println(kind.APIVersion, kind.Kind)
	}
}
