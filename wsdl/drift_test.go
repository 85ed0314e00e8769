package wsdl_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"memcachedsoap/wsdl"
	"memcachedsoap/wsdl/wsdltest"
)

// TestGeneratedCodeIsCurrent generates the code again and compares. The generator
// runs in its own process because it has a data race (hooklift/gowsdl pull
// request 154).
func TestGeneratedCodeIsCurrent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "gowsdl",
		"-d", dir, "-p", "wsdl", "-o", "session.gen.go", "session.wsdl")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))

	want, err := os.ReadFile(filepath.Join(dir, "wsdl", "session.gen.go"))
	require.NoError(t, err, string(out))
	have, err := os.ReadFile("session.gen.go")
	require.NoError(t, err)
	if !bytes.Equal(want, have) {
		t.Error("session.gen.go is not current: run make generate") // without 400 lines of difference
	}
}

// TestGeneratedPort checks that the generated code has every operation: the
// generator ignores what it does not understand.
func TestGeneratedPort(t *testing.T) {
	t.Parallel()
	port := reflect.TypeFor[wsdl.SessionPortType]()
	ops := wsdltest.Operations(t)
	assert.Equal(t, 2*len(ops), port.NumMethod(), "each operation with and without a context")
	for _, op := range ops {
		method, ok := port.MethodByName(exported(op.Name) + "Context")
		require.True(t, ok, op.Name)
		assert.Equal(t, op.Input.Space+" "+op.Input.Local, xmlName(t, method.Type.In(1)))
		assert.Equal(t, op.Output.Space+" "+op.Output.Local, xmlName(t, method.Type.Out(0)))
	}
}

func exported(name string) string { return string(name[0]-'a'+'A') + name[1:] }

func xmlName(t *testing.T, message reflect.Type) string {
	t.Helper()
	field, ok := message.Elem().FieldByName("XMLName")
	require.True(t, ok, message)
	return field.Tag.Get("xml")
}
