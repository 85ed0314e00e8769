package access_test

import (
	"context"
	"fmt"

	"memcachedsoap/service/access"
)

// A request has the roles of its caller, and a context without a request all of them.
func Example() {
	key, hash := access.NewKey()
	file, err := access.ParseFile([]byte("callers: [{name: portal, roles: [read], key: '" + hash + "'}]"))
	if err != nil {
		fmt.Println(err)
		return
	}
	guard := access.NewGuard(file, access.Options{})

	request := guard.Begin(context.Background(), access.Sent{Authorization: []string{"Bearer " + key}})
	fmt.Println(access.Authenticate(request), access.CallerOf(request).Name)
	fmt.Println(access.Require(request, access.Read))
	fmt.Println(access.Require(request, access.Read|access.Delete))

	stranger := guard.Begin(context.Background(), access.Sent{Authorization: []string{"Bearer guessed"}})
	fmt.Println(access.Authenticate(stranger))
	fmt.Println(access.Require(context.Background(), access.Delete))
	// Output:
	// <nil> portal
	// <nil>
	// access: the caller portal lacks the role delete
	// access: not authenticated: credentials: wrong
	// <nil>
}
