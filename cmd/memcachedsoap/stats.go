package main

import (
	"context"

	"memcachedsoap/wsdl"
)

type statusCommand struct {
	callFlags
}

// Run prints the status of the service. It fails unless all servers answer.
func (c *statusCommand) Run(ctx context.Context, std streams) error {
	return c.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.StatusContext(ctx, &wsdl.Status{})
		if err != nil {
			return err
		}
		status, err := result(response.StatusResult, nil)
		if err != nil {
			return err
		}
		return c.print(std, map[string]plainString{"status": plainString(*status)}, []byte(displayable(*status)+"\n"))
	})
}

type statsCommand struct {
	callFlags
}

// Run prints the statistics of the service, and those of its servers side by
// side.
func (c *statsCommand) Run(ctx context.Context, std streams) error {
	return c.report(ctx, func(report *reportDocument) error {
		return c.print(std, report, report.append(nil))
	})
}

// report calls stats and passes the result to use.
func (f *callFlags) report(ctx context.Context, use func(*reportDocument) error) error {
	return f.call(ctx, func(ctx context.Context, service client) error {
		response, err := service.StatsContext(ctx, &wsdl.Stats{})
		if err != nil {
			return err
		}
		report, err := result(response.StatsResult, nil)
		if err != nil {
			return err
		}
		return use(newReport(report))
	})
}

// reportDocument is the contract's StatsReport as JSON.
type reportDocument struct {
	Service hash             `json:"service"`
	Servers []serverDocument `json:"servers"`
}

type serverDocument struct {
	Address plainString `json:"address"`
	Tier    plainString `json:"tier"`
	Alive   bool        `json:"alive"`
	Stats   hash        `json:"stats"`
}

func newReport(r *wsdl.StatsReport) *reportDocument {
	d := &reportDocument{Service: newStats(r.Service), Servers: []serverDocument{}}
	if r.Servers == nil {
		return d
	}
	for _, s := range r.Servers.Server {
		d.Servers = append(d.Servers, serverDocument{
			Address: plainString(s.Address), Tier: plainString(s.Tier), Alive: s.Alive, Stats: newStats(s.Stats),
		})
	}
	return d
}

func newStats(l *wsdl.StatList) hash {
	var h hash
	if l == nil {
		return h
	}
	for _, s := range l.Stat {
		h.Entries = append(h.Entries, entry{Key: s.Name, value: value{Text: &s.Value}})
	}
	return h
}

// append appends two tables: the statistics of the service, then those of the
// servers.
func (d *reportDocument) append(dst []byte) []byte {
	dst = hashRows(table{{"SERVICE", ""}}, "", d.Service).append(dst)
	return serverTable(d.Servers).append(append(dst, '\n'))
}

// serverTable returns a table with one column for each server. A server that does
// not answer is DOWN and has no statistics.
func serverTable(servers []serverDocument) table {
	t := table{{"SERVER"}, {"tier"}, {"state"}}
	for _, s := range servers {
		state := "DOWN"
		if s.Alive {
			state = "up"
		}
		t[0] = append(t[0], displayable(string(s.Address)))
		t[1] = append(t[1], displayable(string(s.Tier)))
		t[2] = append(t[2], state)
	}
	for _, name := range statNames(servers) {
		row := []string{displayable(name)}
		for _, s := range servers {
			row = append(row, s.stat(name))
		}
		t = append(t, row)
	}
	return t
}

// statNames returns the names of the statistics of all servers, in the order of
// the first server that has them.
func statNames(servers []serverDocument) []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range servers {
		for _, e := range s.Stats.Entries {
			if !seen[e.Key] {
				seen[e.Key] = true
				names = append(names, e.Key)
			}
		}
	}
	return names
}

func (s *serverDocument) stat(name string) string {
	i := indexOf(s.Stats.Entries, name)
	if i < 0 {
		return "-"
	}
	return displayable(*s.Stats.Entries[i].Text)
}
