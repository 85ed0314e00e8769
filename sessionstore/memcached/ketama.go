package memcached

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
// does its weight.
const maxKetamaPoints = 10_000

// point is a place on a ring and the server that has the arc before it.
type point struct {
	at     uint32
	server int
}

// ring is a choice by consistent hashing: a key has a place on the ring, and
// belongs to the server of the next point.
type ring struct {
	points []point // in order of at, and of making where that is equal
	place  func(key string) uint32
}

func newRing(points []point, place func(key string) uint32) *ring {
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	return &ring{points: points, place: place}
}

func (r *ring) choose(key string) int {
	i, _ := slices.BinarySearchFunc(r.points, r.place(key), func(p point, at uint32) int { return cmp.Compare(p.at, at) })
	if i == len(r.points) {
		i = 0 // round the ring
	}
	return r.points[i].server
}

const (
	ketamaPointsPerServer = 160 // MEMCACHED_POINTS_PER_SERVER_KETAMA
	pointsPerDigest       = 4
)

// newLibmemcachedKetama is update_continuum of libmemcached 1.1.4 with
// libketama compatibility. Its arithmetic is of single precision at each step;
// the conversions below keep Go from using a greater one.
func newLibmemcachedKetama(servers []member) *ring {
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
	return newRing(points, func(key string) uint32 {
		digest := md5.Sum([]byte(key)) //nolint:gosec // see above
		return binary.LittleEndian.Uint32(digest[:])
	})
}

// newFastKetama is the ring of Cache::Memcached::Fast 0.28 (dispatch_key.c):
// each point of a server is the CRC-32 of its name and the point before.
func newFastKetama(servers []member, perWeight int) *ring {
	var points []point
	for i, s := range servers {
		base := crc32.ChecksumIEEE([]byte(s.host + "\x00" + s.port))
		var at uint32
		for range int(float64(perWeight)*s.weight + 0.5) {
			at = crc32.Update(base, crc32.IEEETable, binary.LittleEndian.AppendUint32(nil, at))
			points = append(points, point{at, i})
		}
	}
	return newRing(points, func(key string) uint32 { return crc32.ChecksumIEEE([]byte(key)) })
}
