package storable_test

import (
	"encoding/hex"
	"errors"
	"fmt"

	"memcachedsoap/sessionstore/perldata"
	"memcachedsoap/sessionstore/storable"
)

func Example() {
	// An image that a Perl program stored with nfreeze.
	image, _ := hex.DecodeString("050b0300000002" + "0a03616e6e" + "00000003756964" + "0884" + "00000005636f756e74")
	var codec storable.Codec
	session, err := codec.Decode(image)
	if err != nil {
		fmt.Println(err)
		return
	}
	uid, _ := session.Get("uid")
	count, _ := session.Get("count")
	fmt.Println(uid.Str(), count.Int())

	session.Set("count", perldata.IntOf(count.Int()+1))
	image, err = codec.Append(nil, session) // not to image[:0]: the session shares that memory
	fmt.Printf("%x %v\n", image, err)
	// Output:
	// ann 4
	// 050b03000000020a03616e6e00000003756964088500000005636f756e74 <nil>
}

func ExampleCodec_Decode_unsupported() {
	image, _ := hex.DecodeString("050b0300000001" + "04" + "130207543a3a486f6f6b05483a76616c" + "000000016f")
	_, err := storable.Codec{}.Decode(image)
	if unsupported, ok := errors.AsType[*storable.UnsupportedError](err); ok {
		fmt.Println(err)
		fmt.Println(unsupported.What)
	}
	// Output:
	// storable: the image holds HOOK (tag 0x13) at byte 8, which only Perl can store again
	// HOOK
}

func ExampleCodec_Thaw() {
	// nfreeze(\"abc")
	v, err := storable.Codec{}.Thaw([]byte("\x05\x0b\x0a\x03abc"))
	fmt.Println(v.Kind() == perldata.KindRef, v.Ref().Str(), err)
	// Output:
	// true abc <nil>
}
