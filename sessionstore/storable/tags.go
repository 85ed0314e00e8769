package storable

// The tags of objects (SX_ names in Storable.xs).
const (
	tagObject       = 0x00
	tagLScalar      = 0x01
	tagArray        = 0x02
	tagHash         = 0x03
	tagRef          = 0x04
	tagUndef        = 0x05
	tagInteger      = 0x06
	tagDouble       = 0x07
	tagByte         = 0x08
	tagNetint       = 0x09
	tagScalar       = 0x0a
	tagTiedArray    = 0x0b
	tagTiedHash     = 0x0c
	tagTiedScalar   = 0x0d
	tagSVUndef      = 0x0e
	tagSVYes        = 0x0f
	tagSVNo         = 0x10
	tagBless        = 0x11
	tagIXBless      = 0x12
	tagHook         = 0x13
	tagOverload     = 0x14
	tagTiedKey      = 0x15
	tagTiedIdx      = 0x16
	tagUTF8Str      = 0x17
	tagLUTF8Str     = 0x18
	tagFlagHash     = 0x19
	tagCode         = 0x1a
	tagWeakRef      = 0x1b
	tagWeakOverload = 0x1c
	tagVString      = 0x1d
	tagLVString     = 0x1e
	tagSVUndefElem  = 0x1f
	tagRegexp       = 0x20
	tagLObject      = 0x21
	tagBooleanTrue  = 0x22
	tagBooleanFalse = 0x23
)

// unsupported returns the name of a tag whose object only Perl can store again, or
// "" for every other tag.
func unsupported(tag byte) string {
	switch tag {
	case tagTiedArray:
		return "TIED_ARRAY"
	case tagTiedHash:
		return "TIED_HASH"
	case tagTiedScalar:
		return "TIED_SCALAR"
	case tagHook:
		return "HOOK"
	case tagTiedKey:
		return "TIED_KEY"
	case tagTiedIdx:
		return "TIED_IDX"
	case tagCode:
		return "CODE"
	case tagLObject:
		return "LOBJECT"
	}
	return ""
}

// Bits and limits within objects.
const (
	hashRestricted = 0x01 // SHV_RESTRICTED

	keyUTF8        = 0x01 // SHV_K_UTF8: the key's bytes are UTF-8
	keyWasUTF8     = 0x02 // SHV_K_WASUTF8: Latin-1, the key was given with the UTF-8 flag
	keyLocked      = 0x04 // SHV_K_LOCKED: the value is read-only
	keyIsScalar    = 0x08 // SHV_K_ISSV: the key is an object
	keyPlaceholder = 0x10 // SHV_K_PLACEHOLDER: a name without a value in a restricted hash

	longClass  = 0x80 // LG_BLESS: a 4-byte length or index follows
	longRegexp = 0x01 // SHR_U32_RE_LEN

	longestShort      = 255 // LG_SCALAR: greatest length in one byte
	longestShortClass = 127 // LG_BLESS
)

// The first bytes of an image: major version 2 with the bit for network
// order, and the minor version.
const (
	headerNative  = 2 << 1
	headerNetwork = 2<<1 | 1

	// minorVersion is that of Storable 3.00 to 3.26 (perl 5.28 to 5.36). Older
	// versions read it, too: they reject unknown tags, not unknown minor versions.
	minorVersion = 11

	// nativeOrder follows the minor version in a native image of a 64-bit
	// little-endian Perl: the byte order, and the sizes of int, long, pointer and
	// double. Perl on x86_64 rejects every other one.
	nativeOrder = "\x0812345678\x04\x08\x08\x08"
)
