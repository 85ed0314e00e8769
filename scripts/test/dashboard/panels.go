package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed panels.yaml
var panelsText []byte

// row is a row of panels.yaml.
type row struct {
	Row    string
	Open   bool
	Panels []drawing
}

// drawing is a panel of panels.yaml.
type drawing struct {
	Title, About, Unit string
	Draw               string
	Width              int
	Good               *int // the value of a state that is good
	By                 []string
	Counters, Gauges   []map[string]string // the names in the legend by metric
	Show               []map[string]string // expressions by legend
}

// readRows reads and checks panels.yaml.
func readRows(text []byte) ([]row, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var rows []row
	if err := decoder.Decode(&rows); err != nil {
		return nil, fmt.Errorf("dashboard: panels.yaml: %w", err)
	}
	titles := map[string]bool{}
	for _, r := range rows {
		for _, d := range r.Panels {
			if err := d.check(); err != nil {
				return nil, fmt.Errorf("dashboard: panels.yaml: %s: %w", d.Title, err)
			}
			if titles[d.Title] {
				return nil, fmt.Errorf("dashboard: panels.yaml: two panels have the title %q", d.Title)
			}
			titles[d.Title] = true
		}
	}
	return rows, nil
}

func (d drawing) check() error {
	switch {
	case d.Title == "" || d.About == "" || d.Unit == "":
		return errors.New("a panel needs title, about and unit")
	case len(d.Counters)+len(d.Gauges)+len(d.Show) == 0:
		return errors.New("a panel needs counters, gauges or show")
	case !slices.Contains([]string{"", "stat", "stack", "state", "heatmap"}, d.Draw):
		return fmt.Errorf("draw is stat, stack, state or heatmap, not %q", d.Draw)
	case (d.Draw == "state") != (d.Good != nil):
		return errors.New("a state, and nothing else, needs the value that is good")
	case d.Width < 0 || d.Width > columns:
		return fmt.Errorf("width is at most %d", columns)
	}
	return nil
}

// query is an expression and its name in the legend.
type query struct{ expr, legend string }

// queries returns what a panel asks for.
func (d drawing) queries() []query {
	by := d.By
	if by == nil {
		by = []string{"instance"}
	}
	labels := make([]string, len(by))
	for i, label := range by {
		labels[i] = "{{" + label + "}}"
	}
	of := strings.Join(by, ", ")
	var all []query
	add := func(named []map[string]string, format string) {
		for _, pair := range named {
			for metric, name := range pair {
				all = append(all, query{selected(fmt.Sprintf(format, of, metric)), strings.TrimSpace(strings.Join(labels, " ") + " " + name)})
			}
		}
	}
	add(d.Counters, "sum by (%s) (rate(%s{}[$__rate_interval]))")
	add(d.Gauges, "max by (%s) (%s{})")
	for _, pair := range d.Show {
		for legend, expr := range pair {
			all = append(all, query{selected(expr), legend})
		}
	}
	return all
}

var selector = regexp.MustCompile(`(\w+)\{(\}?)`)

// selected adds the chosen job and instances to the selectors of an expression. Some
// alerts are about a job and have no instance.
func selected(expr string) string {
	return selector.ReplaceAllStringFunc(expr, func(found string) string {
		name, rest, _ := strings.Cut(found, "{")
		matchers := `{job=~"$job",instance=~"$instance"`
		if name == "ALERTS" {
			matchers = `{job=~"$job"`
		}
		if rest == "" {
			return name + matchers + ","
		}
		return name + matchers + "}"
	})
}
