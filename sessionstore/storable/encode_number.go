package storable

import (
	"encoding/binary"
	"math"
	"strconv"
)

// integer appends an integer as nfreeze of Storable >= 2.30 does: as one byte if it
// fits, else as four bytes, else as decimal digits.
func (e *encoder) integer(n int64) {
	switch {
	case n >= -128 && n <= 127:
		e.dst = append(e.dst, tagByte, byte(n+128))
	case n >= math.MinInt32 && n <= math.MaxInt32:
		e.dst = append(e.dst, tagNetint)
		e.dst = binary.BigEndian.AppendUint32(e.dst, uint32(int32(n)))
	default:
		var digits [20]byte
		e.digits(strconv.AppendInt(digits[:0], n, 10))
	}
}

// float appends a floating point number as nfreeze does: an integer below 2^53 as
// an integer, other numbers as the 15 digits that Perl prints. If 15 digits are not
// exact, where Perl loses precision, it appends 16 or 17.
func (e *encoder) float(f float64) {
	if math.Abs(f) < 1<<53 && f == math.Trunc(f) {
		e.integer(int64(f))
		return
	}
	switch {
	case math.IsInf(f, 1):
		e.digits([]byte("Inf"))
	case math.IsInf(f, -1):
		e.digits([]byte("-Inf"))
	case math.IsNaN(f):
		e.digits([]byte("NaN"))
	default:
		var digits [32]byte
		e.digits(appendFloat(digits[:0], f))
	}
}

func appendFloat(dst []byte, f float64) []byte {
	for precision := 15; ; precision++ {
		digits := strconv.AppendFloat(dst, f, 'g', precision, 64)
		if back, err := strconv.ParseFloat(string(digits[len(dst):]), 64); precision == 17 || err == nil && back == f {
			return digits
		}
	}
}

func (e *encoder) digits(digits []byte) {
	e.dst = append(e.dst, tagScalar, byte(len(digits)))
	e.dst = append(e.dst, digits...)
}
