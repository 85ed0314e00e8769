//go:build sessionclient

// Usage: client WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
//
//	client WSDL_URL fault KIND ID
//
// CREDENTIALS selects which credentials the program sends: the name and the password in
// SOAP_LOGIN, the key in SOAP_KEY, or the certificate in CERTIFICATE and CERTIFICATE_KEY.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	options, err := credentials()
	if err != nil {
		log.Fatal(err)
	}
	sessions := NewSessions(strings.TrimSuffix(os.Args[1], "?wsdl"), options...)
	if os.Getenv("CREDENTIALS") == "usernametoken" {
		sessions.Secure(login())
	}
	command, id := os.Args[2], os.Args[len(os.Args)-1]
	switch command {
	case "walk":
		err = walk(ctx, sessions, id)
	case "fault":
		err = provoke(ctx, sessions, os.Args[3], id)
	case "read":
		err = read(ctx, sessions, id)
	default:
		_, err = sessions.Set(ctx, id, fixture(command), 3600, "")
	}
	if err != nil {
		log.Fatal(err)
	}
}

// provoke makes a call that fails, and prints the name and a field of its fault.
func provoke(ctx context.Context, sessions *Sessions, kind, id string) (err error) {
	one := map[string]any{"a": "1"}
	switch kind {
	case "conflict":
		_, err = sessions.Set(ctx, id, one, 0, "AAAA")
	case "deleted":
		_, err = sessions.Set(ctx, id, one, 0, "")
	case "toolarge":
		_, err = sessions.Set(ctx, id, map[string]any{"a": strings.Repeat("x", 1_200_000)}, 0, "")
	default:
		_, err = sessions.Get(ctx, id)
	}
	fault := FaultOf(err)
	if fault == nil {
		return fmt.Errorf("no fault: %w", err)
	}
	for _, name := range []string{"id", "limit", "reason"} {
		if field, ok := fault.Fields[name]; ok {
			fmt.Printf("%s\t%s\n", fault.Name, field)
			break
		}
	}
	return nil
}

func read(ctx context.Context, sessions *Sessions, id string) error {
	session, err := sessions.Get(ctx, id)
	if err != nil {
		return err
	}
	var lines []string
	for key, value := range session.Attributes {
		if !strings.HasPrefix(key, "_") {
			lines = append(lines, hex.EncodeToString([]byte(key))+"\t"+rendered(value)+"\n")
		}
	}
	slices.Sort(lines)
	fmt.Print(strings.Join(lines, ""))
	return nil
}

// rendered returns a value in the form that the tests compare.
func rendered(v any) string {
	switch v := v.(type) {
	case string:
		return "t:" + hex.EncodeToString([]byte(v))
	case []byte:
		return "b:" + hex.EncodeToString(v)
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, rendered(item))
		}
		return "l(" + strings.Join(items, ",") + ")"
	case map[string]any:
		var entries []string
		for key, value := range v {
			entries = append(entries, hex.EncodeToString([]byte(key))+"="+rendered(value))
		}
		slices.Sort(entries)
		return "h(" + strings.Join(entries, ",") + ")"
	}
	return "u"
}

func fixture(command string) map[string]any {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	switch command {
	case "writecontrol":
		return map[string]any{"control": "XML has no \x01"}
	case "writetext":
		return map[string]any{"text900k": strings.Repeat("0123456789", 90_000)}
	case "writebig":
		return map[string]any{"bytes900k": slices.Repeat(all, 3516)[:900_000]}
	}
	return map[string]any{
		"plain": "plain", "special": `<&>"']]>`, "accents": "é ü ß ñ – €", "emoji": "😀 🎉",
		"lines": "LF\nCRLF\r\nCR\rtab\tend", "blanks": "  outer blanks  ", "empty": "", "undef": nil, "bytes": all,
		"a key with <blanks>": "key",
		"nested": map[string]any{
			"list":  []any{"a", nil, []byte{0, 255}, map[string]any{"k": "v"}},
			"undef": nil, "bytes": []byte{0, 1},
		},
		"single": []any{"one"}, "emptylist": []any{}, "emptyhash": map[string]any{},
	}
}
