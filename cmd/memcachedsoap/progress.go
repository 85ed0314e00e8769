package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// progress shows how far long work is, on standard error: a bar on a terminal, and a
// line now and then elsewhere. Work that is done before the first of them shows nothing.
// The methods of a nil progress do nothing.
type progress struct {
	out   io.Writer
	width func() int                             // of the terminal; nil if there is none
	line  func(now time.Time, text string)       // prints a line
	poll  func() (name string, now func() count) // the stage that there is; nil if begin says it
	end   chan struct{}
	ended sync.WaitGroup

	mu      sync.Mutex
	stage   stage
	began   time.Time
	printed time.Time // the last line, or when the stage began
	samples []sample  // of the last [rateTime]
	shown   bool      // the stage was shown
	drawn   bool      // the last line of the terminal is the bar
}

// stage is a part of the work.
type stage struct {
	name  string        // such as scanning; "" if there is none
	count func() count  // how far it is; may be called from any goroutine
	limit time.Duration // instead of a count: the longest time that it takes
}

// count says how far a stage is, in items.
type count struct {
	done, total int64 // a total of 0 is not known
	about       bool  // the total is not exact
}

// sample is a count at a time.
type sample struct {
	at   time.Time
	done int64
}

const (
	barEvery   = 200 * time.Millisecond
	pollEvery  = time.Second
	linesEvery = 10 * time.Second
	barWidth   = 30
	// minBar is the shortest bar that says anything.
	minBar = 10
	// rateTime is the time over which the items a second are counted, and minRateTime
	// the one after which they say when the end is.
	rateTime    = 30 * time.Second
	minRateTime = 2 * time.Second
)

// startProgress shows progress until stop is called. A quiet one is nil.
func startProgress(std streams, quiet bool) *progress {
	if quiet {
		return nil
	}
	p := newProgress(std.Err)
	p.start()
	return p
}

// newProgress makes a progress that shows nothing before start is called.
func newProgress(out io.Writer) *progress {
	p := &progress{out: out, width: terminalWidth(out)}
	p.line = func(now time.Time, text string) {
		if p.width == nil {
			text = now.UTC().Format(time.RFC3339) + " " + text
		}
		_, _ = fmt.Fprintln(p.out, text)
	}
	return p
}

// newLoggedProgress makes a progress that writes its lines to a log.
func newLoggedProgress(logger *slog.Logger) *progress {
	return &progress{line: func(_ time.Time, text string) { logger.Info("in progress", "state", text) }}
}

// start begins to show progress, until stop is called.
func (p *progress) start() {
	every := pollEvery
	if p.width != nil {
		every = barEvery
	}
	p.end = make(chan struct{})
	p.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				p.show(now)
			case <-p.end:
				return
			}
		}
	})
}

// terminalWidth returns what tells the width of a terminal, or nil if a writer is none on
// which a line can be drawn again.
func terminalWidth(out io.Writer) func() int {
	file, ok := out.(*os.File)
	if name := os.Getenv("TERM"); !ok || !term.IsTerminal(int(file.Fd())) || name == "" || name == "dumb" {
		return nil
	}
	return func() int {
		const usual = 80
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil || width <= 0 {
			return usual
		}
		return width
	}
}

// begin ends the stage and begins another one.
func (p *progress) begin(s stage) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beginStage(s, time.Now())
}

func (p *progress) beginStage(s stage, now time.Time) {
	p.finish()
	p.stage, p.began, p.printed = s, now, now
	p.samples = append(p.samples[:0], sample{at: now})
}

// stop ends the progress. What it has shown says at last what was done.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.end)
	p.ended.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finish()
}

// finish ends the stage.
func (p *progress) finish() {
	if p.shown {
		p.clear()
		if p.stage.limit == 0 {
			p.line(time.Now(), p.stage.summary(time.Since(p.began)))
		}
	}
	p.stage, p.shown = stage{}, false
}

// show shows how far the stage is.
func (p *progress) show(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.poll != nil {
		if name, count := p.poll(); name != p.stage.name {
			p.beginStage(stage{name: name, count: count}, now)
		}
	}
	if p.stage.name == "" {
		return
	}
	text, part := p.state(now)
	switch {
	case p.width != nil:
		p.draw(text, part)
	case now.Sub(p.printed) < linesEvery:
		return
	default:
		p.line(now, text)
		p.printed = now
	}
	p.shown = true
}

// draw draws the bar in place of the last one. part is the part of the work that is
// done; without one, less than 0, there is only the text.
func (p *progress) draw(text string, part float64) {
	width := p.width() - 1 // in the last column some terminals begin another line
	if size := min(barWidth, width-utf8.RuneCountInString(text)-len("[] ")); part >= 0 && size >= minBar {
		filled := int(part * float64(size))
		text = "[" + strings.Repeat("#", filled) + strings.Repeat(" ", size-filled) + "] " + text
	}
	if runes := []rune(text); len(runes) > width {
		text = string(runes[:max(width, 0)])
	}
	_, _ = fmt.Fprint(p.out, "\r"+text+"\x1b[K")
	p.drawn = true
}

// clear removes the bar.
func (p *progress) clear() {
	if p.drawn {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}

// Write writes lines of a log above the bar.
func (p *progress) Write(lines []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	n, err := p.out.Write(lines)
	if err == nil && p.shown && p.width != nil {
		p.draw(p.state(time.Now()))
	}
	return n, err //nolint:wrapcheck // that of the writer
}

// state says how far the stage is, and which part of it is done; less than 0 if that is
// not known.
func (p *progress) state(now time.Time) (text string, part float64) {
	if p.stage.limit > 0 {
		return fmt.Sprintf("%s: %v of at most %v", p.stage.name, now.Sub(p.began).Round(time.Second), p.stage.limit), -1
	}
	c := p.stage.count()
	perSecond := p.rate(now, c.done)
	text, part = p.stage.name+": "+c.String(), -1
	if c.isKnown() {
		part = float64(c.done) / float64(c.total)
		text += fmt.Sprintf(" (%d %%)", int(part*100)) //nolint:mnd // percent
	}
	text += fmt.Sprintf(", %.0f a second", perSecond)
	if c.isKnown() && perSecond > 0 && now.Sub(p.began) >= minRateTime {
		left := time.Duration(float64(c.total-c.done) / perSecond * float64(time.Second)).Round(time.Second)
		text += fmt.Sprintf(", ends in about %v, at %s", left, now.Add(left).Format(time.TimeOnly))
	}
	return text, part
}

// rate returns how many items were done in a second of the last [rateTime].
func (p *progress) rate(now time.Time, done int64) float64 {
	for len(p.samples) > 1 && now.Sub(p.samples[0].at) > rateTime {
		p.samples = p.samples[1:]
	}
	first := p.samples[0]
	p.samples = append(p.samples, sample{now, done})
	return float64(done-first.done) / max(now.Sub(first.at).Seconds(), time.Millisecond.Seconds())
}

// isKnown says whether the total is known, and still true: items may be added meanwhile.
func (c count) isKnown() bool { return c.total > 0 && c.done <= c.total }

// String says what was done, of how many.
func (c count) String() string {
	switch {
	case !c.isKnown():
		return fmt.Sprintf("%d items", c.done)
	case c.about:
		return fmt.Sprintf("%d of about %d items", c.done, c.total)
	default:
		return fmt.Sprintf("%d of %d items", c.done, c.total)
	}
}

// summary says what a stage has done. A stage that was interrupted has not done
// everything.
func (s stage) summary(took time.Duration) string {
	c := s.count()
	if c.about {
		c.total = 0
	}
	return fmt.Sprintf("%s: %v in %v", s.name, c, took.Round(time.Second/10)) //nolint:mnd // a digit
}
