package memory

// expiryQueue is a heap of entries; the one that expires first is its root.
type expiryQueue []*entry

func (q *expiryQueue) Len() int           { return len(*q) }
func (q *expiryQueue) Less(i, j int) bool { return (*q)[i].expires < (*q)[j].expires }

func (q *expiryQueue) Swap(i, j int) {
	all := *q
	all[i], all[j] = all[j], all[i]
	all[i].queued, all[j].queued = i, j
}

// Push implements [container/heap.Interface].
func (q *expiryQueue) Push(x any) {
	e, _ := x.(*entry)
	e.queued = len(*q)
	*q = append(*q, e)
}

// Pop implements [container/heap.Interface].
func (q *expiryQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	e.queued = notQueued
	return e
}
