package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"memcachedsoap/scripts/test/section"
)

// curve is the numbers of a curve, as they are in docs/scale/NAME.json.
type curve struct {
	Title   string    `json:"title"`
	Machine string    `json:"machine"`
	X       axis      `json:"x"`
	At      []float64 `json:"at"`
	Panels  []panel   `json:"panels"`
}

// axis is an axis of a chart.
type axis struct {
	Title string `json:"title"` // with the unit
	Log   bool   `json:"log"`
}

// panel is one of the charts of a curve.
type panel struct {
	Title string `json:"title"`
	Y     axis   `json:"y"`
	Lines []line `json:"lines"`
}

// line has a value for each of At.
type line struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

// folder has the numbers and the charts, page the tables.
const (
	folder = "docs/scale"
	page   = "docs/scaling.md"
)

func readCurve(root, name string) (curve, error) {
	var c curve
	text, err := os.ReadFile(filepath.Join(root, folder, name+".json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return c, fmt.Errorf("scale: numbers of %s: %w", name, err)
	}
	return c, nil
}

func (c *curve) check() error {
	for _, p := range c.Panels {
		if len(p.Lines) > maxLines {
			return fmt.Errorf("%s has %d lines, but at most %d can be told apart", p.Title, len(p.Lines), maxLines)
		}
		for _, l := range p.Lines {
			if len(l.Values) != len(c.At) {
				return fmt.Errorf("%s, %s has %d values instead of %d", p.Title, l.Name, len(l.Values), len(c.At))
			}
			for _, value := range append([]float64{0}, l.Values...) {
				if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
					return fmt.Errorf("%s, %s has the value %v", p.Title, l.Name, value)
				}
			}
		}
	}
	return nil
}

// table returns the numbers as Markdown.
func (c *curve) table() string {
	var text, rule strings.Builder
	fmt.Fprintf(&text, "| %s |", c.X.Title)
	rule.WriteString("|---:|")
	for _, p := range c.Panels {
		for _, l := range p.Lines {
			fmt.Fprintf(&text, " %s |", l.heading(p))
			rule.WriteString("---:|")
		}
	}
	text.WriteString("\n" + rule.String() + "\n")
	for i, at := range c.At {
		fmt.Fprintf(&text, "| %s |", grouped(at))
		for _, p := range c.Panels {
			for _, l := range p.Lines {
				fmt.Fprintf(&text, " %s |", grouped(l.Values[i]))
			}
		}
		text.WriteString("\n")
	}
	return text.String() + "\n" + section.Wrap(c.Machine) + "\n"
}

// heading is what the table calls a line: its name, or what the panel is about, and the
// unit.
func (l *line) heading(p panel) string {
	if l.Name == "" {
		return p.Title + ", " + p.Y.Title
	}
	return l.Name + ", " + p.Y.Title
}

// grouped returns a number with three digits that matter, and with commas.
func grouped(value float64) string {
	if value < 100 {
		text := strconv.FormatFloat(value, 'g', 3, 64)
		if value < 1e-4 && value > 0 {
			text = strconv.FormatFloat(value, 'f', -1, 64)
		}
		return text
	}
	digits := strconv.FormatFloat(math.Round(value), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
