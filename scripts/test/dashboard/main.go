package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := write(os.Stdout, panelsText); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write writes the dashboard of the rows in text.
func write(w io.Writer, text []byte) error {
	rows, err := readRows(text)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(newDashboard(rows)); err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	return nil
}

// columns is the width of a dashboard.
const columns = 24

// chosen returns the Prometheus that the variable at the top chooses.
func chosen() datasource { return datasource{Type: "prometheus", UID: "${datasource}"} }

func newDashboard(rows []row) dashboard {
	d := dashboard{
		UID:           "memcachedsoap",
		Title:         "memcachedsoap",
		Description:   "Every metric of memcachedsoap: calls, memcached servers, near cache, index, replication and LemonLDAP::NG. docs/metrics.md explains each metric, docs/runbook.md each alert.",
		Tags:          []string{"memcachedsoap", "memcached", "soap"},
		SchemaVersion: 39,
		Editable:      true,
		GraphTooltip:  1,
		Refresh:       "30s",
		Time:          timeRange{"now-3h", "now"},
		Timezone:      "browser",
		Templating:    list{variables()},
		Annotations:   annotations{marks()},
	}
	l := layout{}
	for _, r := range rows {
		d.Panels = append(d.Panels, l.row(r)...)
	}
	return d
}

func variables() []variable {
	source := chosen()
	labels := func(name, label, query string) variable {
		return variable{Name: name, Label: label, Type: "query", Query: query, Datasource: &source, Multi: true, IncludeAll: true, Refresh: 2, Sort: 1}
	}
	return []variable{
		{Name: "datasource", Label: "Prometheus", Type: "datasource", Query: "prometheus", Refresh: 1},
		labels("job", "Job", "label_values(memcachedsoap_build_info, job)"),
		labels("instance", "Instance", `label_values(memcachedsoap_build_info{job=~"$job"}, instance)`),
	}
}

// marks are vertical lines in all panels.
func marks() []annotation {
	source := chosen()
	return []annotation{
		{
			Name: "Restarts", Datasource: source, Enable: true, IconColor: "blue", TitleText: "{{instance}} was started", TagKeys: "instance",
			Target: markQuery{selected("changes(memcachedsoap_start_time_seconds{}[$__rate_interval]) > 0"), "Anno"},
		},
		{
			Name: "Alerts", Datasource: source, Enable: true, IconColor: "red", TitleText: "{{alertname}}", TagKeys: "instance,server",
			Target: markQuery{selected(`ALERTS{alertstate="firing",alertname=~"MemcachedSOAP.+",severity="critical"}`), "Anno"},
		},
	}
}

// layout places panels below and beside each other.
type layout struct{ id, x, y, height int }

// row returns the panels of a row: the panels of an open one stand behind it, those of
// a closed one are in it.
func (l *layout) row(r row) []panel {
	l.next()
	closed := !r.Open
	head := panel{ID: l.newID(), Type: "row", Title: r.Row, GridPos: position{1, columns, 0, l.y}, Collapsed: &closed}
	l.y++
	var panels []panel
	for _, d := range r.Panels {
		panels = append(panels, l.panel(d))
	}
	l.next()
	if closed {
		head.Panels, l.y = panels, head.GridPos.Y+1 // a closed row takes one line
		return []panel{head}
	}
	return append([]panel{head}, panels...)
}

// next begins a line of panels.
func (l *layout) next() { l.x, l.y, l.height = 0, l.y+l.height, 0 }

func (l *layout) newID() int {
	l.id++
	return l.id
}

func (l *layout) panel(d drawing) panel {
	source := chosen()
	width, height := d.Width, 8
	if width == 0 {
		width = 8
	}
	if d.Draw == "stat" {
		height = 4
	}
	if l.x+width > columns {
		l.next()
	}
	p := panel{
		ID: l.newID(), Title: d.Title, Description: d.About, GridPos: position{height, width, l.x, l.y},
		Datasource: &source, FieldConfig: &fieldConfig{Defaults: fields{Unit: d.Unit}, Overrides: []any{}},
	}
	l.x, l.height = l.x+width, max(l.height, height)
	for i, q := range d.queries() {
		p.Targets = append(p.Targets, target{RefID: string(rune('A' + i)), Datasource: source, Expr: q.expr, LegendFormat: q.legend, Range: true})
	}
	draw(&p, d)
	return p
}

// draw sets how a panel looks.
func draw(p *panel, d drawing) {
	zero, defaults := 0, &p.FieldConfig.Defaults
	legend := map[string]any{"displayMode": "list", "placement": "bottom", "showLegend": true}
	tooltip := map[string]any{"mode": "multi", "sort": "desc"}
	switch d.Draw {
	case "stat":
		p.Type = "stat"
		p.Options = map[string]any{
			"colorMode": "value", "graphMode": "area", "textMode": "value",
			"reduceOptions": map[string]any{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		}
	case "heatmap":
		p.Type = "heatmap"
		p.Options = map[string]any{
			"calculate": false, "cellGap": 1, "yAxis": map[string]any{"unit": d.Unit},
			"color": map[string]any{"mode": "scheme", "scheme": "Blues", "steps": 64},
		}
		for i := range p.Targets {
			p.Targets[i].Format = "heatmap"
		}
	case "state":
		p.Type = "state-timeline"
		p.Options = map[string]any{"mergeValues": true, "rowHeight": 0.8, "showValue": "never", "legend": legend, "tooltip": tooltip}
		colors := map[bool]string{true: "green", false: "red"}
		defaults.Mappings = []mapping{{Type: "value", Options: map[string]shown{
			"0": {"no", colors[*d.Good == 0], 0}, "1": {"yes", colors[*d.Good == 1], 1},
		}}}
	default:
		p.Type = "timeseries"
		defaults.Min = &zero
		defaults.Custom = map[string]any{"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": false}
		if d.Draw == "stack" {
			defaults.Custom["stacking"] = map[string]any{"mode": "normal", "group": "A"}
			defaults.Custom["fillOpacity"] = 40
		}
		p.Options = map[string]any{"legend": legend, "tooltip": tooltip}
	}
}
