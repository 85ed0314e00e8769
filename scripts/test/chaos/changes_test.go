package chaos

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"

	"memcachedsoap/sessionstore"
)

const ids = 24

// changes are sessions that the instances change, with versions as conditions, and the
// history of all changes.
type changes struct {
	started time.Time
	ids     [ids]string
	servers [ids]int

	mu      sync.Mutex
	history []porcupine.Operation
	texts   int
	written map[state]bool // every text that was sent
}

func newChanges(serverOf func(id string) int) *changes {
	c := &changes{started: time.Now(), written: make(map[state]bool)}
	for n := range c.ids {
		c.ids[n] = string(sessionstore.NewID())
		c.servers[n] = serverOf(c.ids[n])
	}
	return c
}

func (c *changes) now() int64 { return int64(time.Since(c.started)) }

// record notes a call that began at a moment and has ended.
func (c *changes) record(o operation, result outcome, call int64) {
	if result == unsent || result == unavailable {
		return // nothing was changed
	}
	end := c.now()
	if result == indeterminate {
		end += int64(late)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.history = append(c.history, porcupine.Operation{Input: o, Output: result, Call: call, Return: end})
}

// lose notes that a server has lost sessions since a moment.
func (c *changes) lose(server int, k kind, since int64) {
	for id, home := range c.servers {
		if home == server {
			c.record(operation{id: id, kind: k}, done, since)
		}
	}
}

// newText returns a text that no other operation has written.
func (c *changes) newText() state {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts++
	text := state("text " + strconv.Itoa(c.texts))
	c.written[text] = true
	return text
}

var (
	textElement    = regexp.MustCompile(`<key>text</key><value>([^<]*)</value>`)
	versionElement = regexp.MustCompile(`<version>(\w+)</version>`)
)

// work changes sessions whose state it has just read from an instance.
func (c *changes) work(ctx context.Context, w *world, i int, r *rand.Rand) {
	for ctx.Err() == nil {
		id := r.IntN(ids)
		known, version := c.read(w, i, id)
		switch n := r.IntN(400); {
		case n == 0:
			call := c.now()
			answer, result := w.instances[i].call("deleteSession", "<id>"+c.ids[id]+"</id>")
			if result == done && regexp.MustCompile(`>false<`).MatchString(answer) {
				result = notFound
			}
			c.record(operation{id: id, kind: remove}, result, call)
		case n < 80 || version == "":
			c.put(w, i, "setSession", operation{id: id}, "")
		case n%2 == 0:
			c.put(w, i, "setSession", operation{id: id, cond: known}, version)
		default:
			c.put(w, i, "updateSession", operation{id: id, cond: known}, version)
		}
		time.Sleep(time.Duration(r.IntN(10)) * time.Millisecond)
	}
}

// read returns the text and the version of a session; both are "" if it is not there.
func (c *changes) read(w *world, i, id int) (state, string) {
	answer, result := w.instances[i].call("getSession", "<id>"+c.ids[id]+"</id>")
	if result != done {
		return "", ""
	}
	text, version := textElement.FindStringSubmatch(answer), versionElement.FindStringSubmatch(answer)
	if !assert.NotNil(w.t, text, answer) || !assert.NotNil(w.t, version, answer) {
		return "", ""
	}
	known := state(text[1])
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.written[known] {
		w.failf("no operation has written %q", known)
	}
	return known, version[1]
}

// put writes a session, if it still has the version.
func (c *changes) put(w *world, i int, call string, o operation, version string) {
	o.text = c.newText()
	element := map[string]string{"setSession": "attributes", "updateSession": "set"}[call]
	content := fmt.Sprintf("<id>%s</id><%s><entry><key>text</key><value>%s</value></entry></%s>", c.ids[o.id], element, o.text, element)
	if version != "" {
		content += "<ifVersion>" + version + "</ifVersion>"
	}
	began := c.now()
	_, result := w.instances[i].call(call, content)
	c.record(o, result, began)
}

// checkTime bounds the check of the history of one session.
const checkTime = time.Minute

// requireLinearizable requires that there is an order of all changes in which each answer
// is right. If there is none for a session, it shows the shortest history that is wrong.
func (w *world) requireLinearizable() {
	parts := model().Partition(w.changes.history)
	for id, history := range parts {
		if porcupine.CheckOperationsTimeout(model(), history, checkTime) == porcupine.Ok {
			continue
		}
		slices.SortFunc(history, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
		wrong := sort.Search(len(history), func(n int) bool {
			return porcupine.CheckOperationsTimeout(model(), history[:n], checkTime) != porcupine.Ok
		})
		var text strings.Builder
		for _, o := range history[max(0, wrong-shown):wrong] {
			call, end := w.changes.started.Add(time.Duration(o.Call)), w.changes.started.Add(time.Duration(o.Return))
			fmt.Fprintf(&text, "%s to %s: %+v %v\n", call.Format(noteTime), end.Format(noteTime), o.Input, o.Output)
		}
		w.failf("the changes of session %s of server %d have no order:\n%s", w.changes.ids[id], w.changes.servers[id], &text)
	}
}

// shown is how many changes of a wrong history are shown.
const shown = 25
