package selector

import (
	"errors"
	"math"
)

// newFast is the rule of Cache::Memcached::Fast 0.28 without ketama_points
// (dispatch_key.c): the servers share a continuum of 2^32 places by weight, in
// configured order, and a weight may have a fraction. The keys use as many of
// these places as the sum of the weights, rounded to a whole number. With
// whole weights this selects as Cache::Memcached does.
func newFast(servers []Server) (*continuum, error) {
	var total float64
	var points []point
	for i, s := range servers {
		total += s.weight
		scale := s.weight / total
		for j, p := range points {
			// The inner conversion keeps Go from rounding once instead of twice.
			points[j].at = uint32(float64(p.at) - float64(float64(p.at)*scale))
		}
		points = append(points, point{math.MaxUint32, i})
	}
	places := uint64(total + 0.5)
	if places == 0 {
		return nil, errors.New("the weights are too small: their sum must be 0.5 or more")
	}
	return newContinuum(points, func(key string) uint32 {
		share := float64(crcHash(key)%places) / total
		// One step on: the place before belongs to the server before.
		return uint32(float64(share*math.MaxUint32)+0.5) + 1
	}), nil
}
