package selector

import (
	"cmp"
	"crypto/md5" //nolint:gosec // libmemcached's rule, no secret
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
)

// DefaultKetamaPoints is what the manual of Cache::Memcached::Fast proposes.
const DefaultKetamaPoints = 150

// maxKetamaPoints bounds the points of a server with weight 1, as maxWeight
// bounds its weight.
const maxKetamaPoints = 10_000

// point is a place on a continuum and the server that has the arc before it.
type point struct {
	at     uint32
	server int
}

// continuum selects by consistent hashing: a key has a place on the continuum
// and belongs to the server of the next point.
type continuum struct {
	points []point // sorted by at; points at the same place in order of creation
	place  func(key string) uint32
}

func newContinuum(points []point, place func(key string) uint32) *continuum {
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	return &continuum{points: points, place: place}
}

func (c *continuum) pick(key string) int {
	i, _ := slices.BinarySearchFunc(c.points, c.place(key), func(p point, at uint32) int { return cmp.Compare(p.at, at) })
	if i == len(c.points) {
		i = 0 // behind the last point comes the first
	}
	return c.points[i].server
}

const (
	ketamaPointsPerServer = 160 // MEMCACHED_POINTS_PER_SERVER_KETAMA
	pointsPerDigest       = 4
)

// newLibmemcachedKetama is update_continuum of libmemcached 1.1.4 with
// libketama compatibility. It computes each step in single precision; the
// conversions below keep Go from using a greater one.
func newLibmemcachedKetama(servers []Server) *continuum {
	var total float32
	for _, s := range servers {
		total += float32(s.weight)
	}
	var points []point
	for i, s := range servers {
		groups := float32(float32(s.weight) / total)
		groups = float32(groups * ketamaPointsPerServer)
		groups = float32(groups / pointsPerDigest)
		groups = float32(groups * float32(len(servers)))
		for group := range int(math.Floor(float64(groups))) {
			digest := md5.Sum([]byte(s.libmemcachedName() + "-" + strconv.Itoa(group))) //nolint:gosec // see above
			for part := range pointsPerDigest {
				points = append(points, point{binary.LittleEndian.Uint32(digest[part*4:]), i})
			}
		}
	}
	return newContinuum(points, func(key string) uint32 {
		digest := md5.Sum([]byte(key)) //nolint:gosec // see above
		return binary.LittleEndian.Uint32(digest[:])
	})
}

// newFastKetama is the continuum of Cache::Memcached::Fast 0.28
// (dispatch_key.c): each point of a server is the CRC-32 of its name and the
// point before.
func newFastKetama(servers []Server, perWeight int) *continuum {
	var points []point
	for i, s := range servers {
		base := crc32.ChecksumIEEE([]byte(s.host + "\x00" + s.port))
		var at uint32
		for range int(float64(perWeight)*s.weight + 0.5) {
			at = crc32.Update(base, crc32.IEEETable, binary.LittleEndian.AppendUint32(nil, at))
			points = append(points, point{at, i})
		}
	}
	return newContinuum(points, func(key string) uint32 { return crc32.ChecksumIEEE([]byte(key)) })
}
