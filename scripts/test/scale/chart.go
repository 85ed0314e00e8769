package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// Sizes of a chart, in the units of the image.
const (
	panelWidth, panelHeight = 420, 300
	left, right             = 70, 20
	top, bottom             = 66, 52
	titleHeight             = 34
	perRow                  = 2
)

// style makes the image readable on light and on dark pages.
const style = `
svg { --paper: #ffffff; --ink: #1f2328; --grid: #d1d9e0; --one: #0550ae; --two: #a83a00; --three: #1a7f37; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --grid: #3d444d; --one: #79c0ff; --two: #ffa657; --three: #7ee787; }
}
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 16px; font-weight: 600; }
.panel { font-weight: 600; }
.grid { stroke: var(--grid); fill: none; }
.axis { stroke: var(--ink); fill: none; }
.line { fill: none; stroke-width: 2; }
.l0 { stroke: var(--one); } .l1 { stroke: var(--two); stroke-dasharray: 7 3; } .l2 { stroke: var(--three); stroke-dasharray: 2 3; }
.d0 { fill: var(--one); } .d1 { fill: var(--two); } .d2 { fill: var(--three); }
`

// maxLines is the number of lines that style can tell apart.
const maxLines = 3

// svg draws a curve.
func (c *curve) svg() string {
	rows := (len(c.Panels) + perRow - 1) / perRow
	width, height := panelWidth*min(perRow, len(c.Panels)), titleHeight+panelHeight*rows
	var text strings.Builder
	fmt.Fprintf(&text, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img" aria-labelledby="t d">`+"\n", width, height)
	fmt.Fprintf(&text, `<title id="t">%s</title>`+"\n", html.EscapeString(c.Title))
	fmt.Fprintf(&text, `<desc id="d">%s</desc>`+"\n", html.EscapeString(c.describe()))
	text.WriteString("<style>" + style + "</style>\n")
	fmt.Fprintf(&text, `<rect width="%d" height="%d" fill="var(--paper)"/>`+"\n", width, height)
	fmt.Fprintf(&text, `<text class="title" x="14" y="24">%s</text>`+"\n", html.EscapeString(c.Title))
	for i, p := range c.Panels {
		fmt.Fprintf(&text, `<g transform="translate(%d %d)">`+"\n", i%perRow*panelWidth, titleHeight+i/perRow*panelHeight)
		c.panel(&text, p)
		text.WriteString("</g>\n")
	}
	return text.String() + "</svg>\n"
}

// describe says in words what the image shows.
func (c *curve) describe() string {
	var parts []string
	for _, p := range c.Panels {
		for _, l := range p.Lines {
			last := len(c.At) - 1
			parts = append(parts, fmt.Sprintf("%s %s: %s at %s, %s at %s", p.Title, l.Name, grouped(l.Values[0]), grouped(c.At[0]), grouped(l.Values[last]), grouped(c.At[last])))
		}
	}
	return strings.Join(parts, "; ")
}

func (c *curve) panel(text *strings.Builder, p panel) {
	x := scaleOf(c.X.Log, c.At, left, panelWidth-right)
	var values []float64
	for _, l := range p.Lines {
		values = append(values, l.Values...)
	}
	y := scaleOf(p.Y.Log, values, panelHeight-bottom, top)
	fmt.Fprintf(text, `<text class="panel" x="%d" y="16">%s, %s</text>`+"\n", left, html.EscapeString(p.Title), html.EscapeString(p.Y.Title))
	for _, tick := range y.ticks {
		at := y.of(tick)
		fmt.Fprintf(text, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, at, panelWidth-right, left-6, at+4, grouped(tick))
	}
	for _, tick := range x.ticks {
		at := x.of(tick)
		fmt.Fprintf(text, `<path class="axis" d="M%.1f %dv5"/><text x="%.1[1]f" y="%[3]d" text-anchor="middle">%[4]s</text>`+"\n", at, panelHeight-bottom, panelHeight-bottom+19, grouped(tick))
	}
	fmt.Fprintf(text, `<path class="axis" d="M%d %dV%dH%d"/>`+"\n", left, top, panelHeight-bottom, panelWidth-right)
	fmt.Fprintf(text, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+panelWidth-right)/2, panelHeight-14, html.EscapeString(c.X.Title))
	legend := left
	for i, l := range p.Lines {
		points := make([]string, len(c.At))
		for j, at := range c.At {
			points[j] = fmt.Sprintf("%.1f,%.1f", x.of(at), y.of(l.Values[j]))
			fmt.Fprintf(text, `<circle class="d%d" cx="%.1f" cy="%.1f" r="3"/>`, i, x.of(at), y.of(l.Values[j]))
		}
		fmt.Fprintf(text, "\n"+`<polyline class="line l%d" points="%s"/>`+"\n", i, strings.Join(points, " "))
		if l.Name != "" {
			fmt.Fprintf(text, `<path class="line l%d" d="M%d 38h24"/><text x="%d" y="42">%s</text>`+"\n", i, legend, legend+29, html.EscapeString(l.Name))
			legend += 44 + 7*len([]rune(l.Name))
		}
	}
}

// scale places values on an axis.
type scale struct {
	log      bool
	low, top float64
	from, to float64 // coordinates of low and top
	ticks    []float64
}

// scaleOf returns the scale of values between two coordinates: a linear one begins at 0, a
// logarithmic one at a power of 10 or at the smallest value.
func scaleOf(log bool, values []float64, from, to float64) scale {
	highest := slices.Max(values)
	s := scale{log: log, from: from, to: to}
	if !log {
		step := stepOf(highest)
		s.top = step * max(1, math.Ceil(highest/step-1e-9))
		for i := range int(math.Round(s.top/step)) + 1 {
			s.ticks = append(s.ticks, step*float64(i))
		}
		return s
	}
	lowest := lowestOf(values)
	s.low, s.top = math.Pow(10, math.Floor(math.Log10(lowest)+1e-9)), highest
	if s.top <= s.low {
		s.top = 10 * s.low
	}
	within := []float64{1}
	if s.top < 40*s.low {
		within = []float64{1, 2, 5}
	}
	for decade := s.low; decade < s.top*1.0001; decade *= 10 {
		for _, factor := range within {
			if decade*factor < s.top*1.0001 {
				s.ticks = append(s.ticks, decade*factor)
			}
		}
	}
	if last := s.ticks[len(s.ticks)-1]; s.top > 2.2*last {
		s.ticks = append(s.ticks, s.top)
	}
	return s
}

// lowestOf returns the lowest value that a logarithmic axis can show, or 1.
func lowestOf(values []float64) float64 {
	positive := slices.DeleteFunc(slices.Clone(values), func(value float64) bool { return value <= 0 })
	if len(positive) == 0 {
		return 1
	}
	return slices.Min(positive)
}

// stepOf returns the distance of about five ticks up to a value.
func stepOf(highest float64) float64 {
	if highest <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(highest/5)))
	for _, step := range []float64{1, 2, 5} {
		if highest <= 5.5*step*power {
			return step * power
		}
	}
	return 10 * power
}

// of returns the coordinate of a value.
func (s *scale) of(value float64) float64 {
	share := (value - s.low) / (s.top - s.low)
	if s.log {
		value = max(value, s.low) // 0 is at the bottom
		share = (math.Log10(value) - math.Log10(s.low)) / (math.Log10(s.top) - math.Log10(s.low))
	}
	return s.from + share*(s.to-s.from)
}
