package httpd

// queue is a list of connections, the longest in it first. A connection has the links
// itself, so that entering takes no memory: each does so with every request.
type queue struct {
	first, last *conn
	n           int
}

// place is where a connection stands in a queue.
type place struct {
	before, after *conn
	taken         bool
}

// push adds a connection at the end, unless it is in the queue.
func (q *queue) push(c *conn) {
	if c.place.taken {
		return
	}
	c.place = place{before: q.last, taken: true}
	if q.last == nil {
		q.first = c
	} else {
		q.last.place.after = c
	}
	q.last = c
	q.n++
}

// remove takes a connection out, if it is in the queue.
func (q *queue) remove(c *conn) {
	p := c.place
	if !p.taken {
		return
	}
	if p.before == nil {
		q.first = p.after
	} else {
		p.before.place.after = p.after
	}
	if p.after == nil {
		q.last = p.before
	} else {
		p.after.place.before = p.before
	}
	c.place = place{}
	q.n--
}
