package live

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"time"

	"memcachedsoap/service/console/page"
)

//go:embed template/*.html
var templates embed.FS

// EventsPath is where the page gets its changes from, below [page.ConsolePath].
const EventsPath = page.ConsolePath + "/events"

// Console answers with the page of an instance, and with the stream of its changes. All
// methods may be called from any goroutine. It checks no caller.
type Console struct {
	pages    *page.Pages
	template *template.Template
	self     Instance
	started  time.Time
	sampler  *sampler
	streams  chan struct{} // has a token for each

	mu       sync.Mutex
	rendered []byte // the event of a sample
	sequence int64  // of that sample
}

// New returns the console of an instance that was started at a time. It samples nothing
// before [Console.Start].
func New(pages *page.Pages, self Instance, started time.Time) *Console {
	return newConsole(pages, self, started, sampleEvery)
}

func newConsole(pages *page.Pages, self Instance, started time.Time, every time.Duration) *Console {
	return &Console{
		pages: pages, template: pages.Parse(templates, "template/*.html"), self: self, started: started,
		sampler: newSampler(every), streams: make(chan struct{}, maxStreams),
	}
}

// Start begins to sample the sources. stop ends it, and returns when no source is used
// any more.
func (c *Console) Start(ctx context.Context, sources Sources) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	c.sampler.setSources(sources)
	running.Go(func() { c.sampler.run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// ServePage answers with the page. It shows the state of the last sample.
func (c *Console) ServePage(w http.ResponseWriter, r *http.Request) {
	state, _ := c.sampler.state(c.self, c.started)
	c.pages.Render(w, r, http.StatusOK, page.Page{Title: "Console", Template: c.template, Current: "console", Data: state})
}

// parts are the templates that the browser replaces when they have changed. Each is the
// content of an element of the page; the charts have one more each.
func parts() []string {
	return []string{"summary", "operations", "faults", "tiers", "servers", "streams", "replicators", "instances", "warnings"}
}

// event is what the stream sends of a sample.
type event struct {
	Time  string            `json:"time"`
	Boot  string            `json:"boot"`
	Parts map[string]string `json:"parts"` // HTML, by the name of the element
}

// event returns the last sample as an event, and its number. All streams share it.
func (c *Console) event() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sequence := c.sampler.last()
	if c.rendered != nil && sequence == c.sequence {
		return c.rendered, nil
	}
	state, ok := c.sampler.state(c.self, c.started)
	if !ok {
		return nil, nil
	}
	e := event{Time: state.Time, Boot: state.Boot, Parts: map[string]string{}}
	for _, name := range parts() {
		text, err := c.part(name, state)
		if err != nil {
			return nil, err
		}
		e.Parts[name] = text
	}
	for _, chart := range state.Charts {
		for _, name := range []string{"chart", "chart-values", "chart-rows"} {
			text, err := c.part(name, chart)
			if err != nil {
				return nil, err
			}
			e.Parts[name+"-"+chart.Name] = text
		}
	}
	var text bytes.Buffer
	text.WriteString("event: state\ndata: ")
	encoder := json.NewEncoder(&text) // it writes one line
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	text.WriteByte('\n')
	c.rendered, c.sequence = text.Bytes(), sequence
	return c.rendered, nil
}

// part renders a part of the page.
func (c *Console) part(name string, data any) (string, error) {
	var b bytes.Buffer
	if err := c.template.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("live: %w", err)
	}
	return b.String(), nil
}
