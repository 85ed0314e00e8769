// Command dashboard writes the dashboard of scripts/deploy/grafana from panels.yaml.
//
//	go run ./scripts/test/dashboard >scripts/deploy/grafana/memcachedsoap.json
//
// A person who adds a metric adds a line to panels.yaml and runs "make generate".
package main

//go:generate sh -c "go run . >../../deploy/grafana/memcachedsoap.json.new && mv ../../deploy/grafana/memcachedsoap.json.new ../../deploy/grafana/memcachedsoap.json"
