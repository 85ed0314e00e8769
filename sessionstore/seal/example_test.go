package seal_test

import (
	"fmt"
	"os"
	"path/filepath"

	"memcachedsoap/sessionstore/seal"
)

// What is sealed for one session cannot be opened as the content of another.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // of an example
	line, err := seal.NewKey("2026")
	if err != nil {
		fmt.Println(err)
		return
	}
	file := filepath.Join(dir, "keys")
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	var keys seal.Keyring
	if err := keys.ReadFile(file); err != nil {
		fmt.Println(err)
		return
	}
	sealed, _ := keys.Seal(nil, []byte("uid=dwho"), "ab12")
	content, err := keys.Open(sealed, "ab12")
	fmt.Println(string(content), err)
	_, err = keys.Open(sealed, "cd34")
	fmt.Println(err)
	// Output:
	// uid=dwho <nil>
	// seal: it was encrypted for another id
}
