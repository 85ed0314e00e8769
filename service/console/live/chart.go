package live

import (
	"math"
	"strconv"
	"time"
)

// A chart has a column for 15 seconds. Of the samples of a column it shows the one that
// matters most: the highest, or the lowest of what should be high.
const (
	columnTime  = 15 * time.Second
	columns     = int(span / columnTime)
	chartHeight = 60
	// rowTime is what one row of the table beside a chart is about.
	rowTime    = 5 * time.Minute
	rowColumns = int(rowTime / columnTime)
)

// Chart is a chart of the last hour.
type Chart struct {
	Name, Title, Unit string
	Top               string // at the top of the axis
	Lines             []Line
	Rows              []Row // of its table, the latest first
	// Began is the column in which this process began to sample, "" if that was more
	// than an hour ago.
	Began string
}

// Line is a line of a chart.
type Line struct {
	Name string
	Path string // of an SVG path; "" if there is nothing to show
	Last string // the last value
}

// Row is a row of the table of a chart.
type Row struct {
	When   string
	Values []string
}

// chartPlan is how a chart is made.
type chartPlan struct {
	name, title, unit string
	series            []int
	names             []string
	format            func(float64) string
	lowest            bool    // the lowest value matters most
	top               float64 // of the axis; 0: by the values
}

// curve is the values of a series, by column; the last one is now.
type curve [columns]float64

// curveOf returns the curve of a series at a moment.
func curveOf(points *ring[point], series int, lowest bool, now time.Time) *curve {
	return curveBy(points, func(p *point) float32 { return p.values[series] }, lowest, now)
}

// curveBy returns the curve of the values that a function takes from the points.
func curveBy(points *ring[point], valueOf func(*point) float32, lowest bool, now time.Time) *curve {
	c := new(curve)
	for i := range c {
		c[i] = math.NaN()
	}
	last := columnOf(now)
	for i := range points.len() {
		p := points.at(i)
		column := int64(columns-1) - (last - columnOf(p.at))
		value := float64(valueOf(p))
		if column < 0 || column >= int64(columns) || math.IsNaN(value) {
			continue
		}
		if known := c[column]; math.IsNaN(known) || value > known != lowest && value != known {
			c[column] = value
		}
	}
	return c
}

func columnOf(at time.Time) int64 { return at.Unix() / int64(columnTime/time.Second) }

// path returns the curve as the path of an SVG image with one unit a column. It draws the
// worst value of each group of columns. A value without neighbours is a dot; columns
// without samples are gaps.
func (c *curve) path(top float64, group int, lowest bool) string {
	text := make([]byte, 0, 8*columns/group)
	drawing := false
	for x := 0; x < columns; x += group {
		value := c.worst(x, x+group, lowest)
		if math.IsNaN(value) {
			drawing = false
			continue
		}
		command := byte('M')
		if drawing {
			command = 'L'
		}
		text = append(text, command)
		text = strconv.AppendInt(text, int64(x), 10)
		text = append(text, ' ')
		text = strconv.AppendFloat(text, chartHeight*(1-min(value/top, 1)), 'f', 1, 64)
		if !drawing {
			text = append(text, "h.1"...)
		}
		drawing = true
	}
	return string(text)
}

// worst returns the value that matters most of some columns, or NaN.
func (c *curve) worst(from, to int, lowest bool) float64 {
	found := math.NaN()
	for _, value := range c[from:to] {
		if math.IsNaN(found) || value > found != lowest && !math.IsNaN(value) {
			found = value
		}
	}
	return found
}

// chart makes a chart of the samples at a moment.
func (p chartPlan) chart(points *ring[point], started, now time.Time) Chart {
	made := Chart{Name: p.name, Title: p.title, Unit: p.unit}
	curves := make([]*curve, len(p.series))
	top := p.top
	for i, series := range p.series {
		curves[i] = curveOf(points, series, p.lowest, now)
		if highest := curves[i].worst(0, columns, false); p.top == 0 && highest > top && !math.IsInf(highest, 0) {
			top = highest
		}
	}
	if p.top == 0 {
		top = roundUp(top)
	}
	made.Top = p.format(top)
	last := points.last()
	for i, series := range p.series {
		line := Line{Name: p.names[i], Path: curves[i].path(top, 1, p.lowest), Last: unknown}
		if last != nil {
			line.Last = p.format(float64(last.values[series]))
		}
		made.Lines = append(made.Lines, line)
	}
	for to := columns; to > 0; to -= rowColumns {
		row := Row{When: whenOf(columns - to)}
		for _, c := range curves {
			row.Values = append(row.Values, p.format(c.worst(to-rowColumns, to, p.lowest)))
		}
		made.Rows = append(made.Rows, row)
	}
	if began := int64(columns-1) - (columnOf(now) - columnOf(started)); began >= 0 && began < int64(columns) {
		made.Began = strconv.FormatInt(began, 10)
	}
	return made
}

// whenOf says when a row of a table was, which ends some columns ago.
func whenOf(ago int) string {
	minutes := ago * int(columnTime/time.Second) / 60
	return strconv.Itoa(minutes) + " to " + strconv.Itoa(minutes+int(rowTime/time.Minute)) + " minutes ago"
}

// roundUp returns the next number of one digit, with zeros.
func roundUp(value float64) float64 {
	if !(value > 0) || math.IsInf(value, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(value)))
	for _, step := range []float64{1, 2, 3, 4, 5, 6, 8} {
		if value <= step*power*(1+1e-6) {
			return step * power
		}
	}
	return 10 * power
}

// chartPlans returns the charts of an instance: only those that it has something for.
func chartPlans(has features) []chartPlan {
	plans := []chartPlan{
		{name: "calls", title: "Calls", unit: "calls a second", series: []int{callRate}, names: []string{"calls"}, format: rate},
		{name: "duration", title: "Duration of calls", unit: "time", series: []int{medianTime, highTime}, names: []string{"50 of 100", "99 of 100"}, format: duration},
		{name: "faults", title: "Faults", unit: "faults a second", series: []int{faultRate}, names: []string{"faults"}, format: rate},
		{name: "hits", title: "Sessions that exist", unit: "of 100 asked for", series: []int{sessionHits}, names: []string{"found"}, format: percent, lowest: true, top: 1},
	}
	if has.nearCache {
		plans = append(plans, chartPlan{name: "near", title: "Near cache", unit: "of 100 reads", series: []int{nearHits}, names: []string{"answered"}, format: percent, lowest: true, top: 1})
	}
	if has.follows {
		plans = append(plans, chartPlan{name: "staleness", title: "Staleness of the change streams", unit: "time", series: []int{staleness}, names: []string{"the stalest"}, format: duration})
	}
	if has.servers {
		plans = append(plans, chartPlan{name: "answering", title: "Servers that answer", unit: "servers", series: []int{answering}, names: []string{"answer"}, format: number, lowest: true, top: float64(has.serverCount)})
	}
	if has.replication {
		plans = append(plans, chartPlan{name: "waiting", title: "Changes that wait to be replicated", unit: "changes", series: []int{waiting}, names: []string{"wait"}, format: number})
	}
	return plans
}

// features are the parts that an instance has.
type features struct {
	nearCache, follows, servers, replication bool
	serverCount                              int
}
