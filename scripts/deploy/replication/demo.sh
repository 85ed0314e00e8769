#!/bin/sh
# Shows what replication does, on this machine, in less than a minute: two memcached
# servers, one replicator and one service; a server that is killed logs nobody out, and
# a log-out is not undone by a server that comes back with old data.
#
#   scripts/deploy/replication/demo.sh
#
# It needs memcached, curl and the program: bin/memcachedsoap, or that of the variable
# MEMCACHEDSOAP. It uses the ports 21211 to 21214, or the four behind
# the number in the variable PORT. It ends with exit code 1 if a step fails, and stops
# all that it has started.
set -eu

program=${MEMCACHEDSOAP:-bin/memcachedsoap}
memcached=${MEMCACHED:-memcached}
port=${PORT:-21210}
one=127.0.0.1:$((port + 1))
two=127.0.0.1:$((port + 2))
service=127.0.0.1:$((port + 3))
health=127.0.0.1:$((port + 4))
folder=$(mktemp -d)
export MEMCACHEDSOAP_URL="http://$service/soap" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

stop() {
	code=$?
	for file in "$folder"/*.pid; do
		[ -e "$file" ] && kill -CONT "$(cat "$file")" 2>/dev/null && kill "$(cat "$file")" 2>/dev/null
	done
	wait
	if [ "$code" -ne 0 ]; then
		echo "A step has failed. The end of the logs:"
		tail -n 5 "$folder"/*.log
	fi
	rm -r "$folder"
	exit "$code"
}
trap stop EXIT
trap 'exit 1' INT TERM

# start NAME COMMAND... starts a program in the background.
start() {
	name=$1
	shift
	"$@" >"$folder/$name.log" 2>&1 &
	echo $! >"$folder/$name.pid"
}

# memcached does not run as root unless it is told to. Its log buffers are enlarged, so
# that its change stream leaves out nothing when many sessions change at once.
start_memcached() {
	set -- "$1" "$memcached" -l 127.0.0.1 -p "${2##*:}" -U 0 -o worker_logbuf_size=4096,watcher_logbuf_size=8192
	[ "$(id -u)" -ne 0 ] || set -- "$@" -u root
	start "$@"
}

# signal NAME SIGNAL sends a signal to a program.
signal() { kill "-$2" "$(cat "$folder/$1.pid")"; }

# await TEXT COMMAND... repeats a command until it succeeds, for up to 30 seconds.
await() {
	text=$1
	shift
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ "$tries" -gt 300 ]; then
			echo "not in 30 seconds: $text"
			exit 1
		fi
		sleep 0.1
	done
}

equal() { curl -fs "http://$health/readyz"; }
logged_in() { "$program" session get "$1"; }
# A session that was deleted has exit code 3. Another one says that nobody knows.
logged_out() {
	code=0
	"$program" session get "$1" >/dev/null 2>&1 || code=$?
	[ "$code" -eq 3 ]
}
# The first log-out may wait for the server in vain, and may be repeated.
log_out() { "$program" session delete "$1" || [ $? -eq 3 ]; }
must() {
	text=$1
	shift
	if ! "$@" >/dev/null 2>&1; then
		echo "   NO: $text"
		exit 1
	fi
	echo "   yes: $text"
}

echo "1. Start two memcached servers, a replicator and a service."
start_memcached one "$one"
start_memcached two "$two"
start replicator "$program" replicate --two-way --from "$one" --to "$two" --metrics-listen "$health"
start service "$program" serve --listen "$service" --servers "$one" --standby "$two"
await "the replicator is ready" equal
await "the service answers" curl -fs "http://$service/readyz"

echo "2. Alice and Bob log in."
"$program" session set a11ce0 uid=alice --ttl 3600 >/dev/null
"$program" session set b0b000 uid=bob --ttl 3600 >/dev/null
sleep 1

echo "3. Kill the first memcached."
signal one KILL
must "Alice is still logged in" logged_in a11ce0
must "Bob is still logged in" logged_in b0b000

echo "4. Start it again. It is empty, and filled from the second one."
start_memcached one "$one"
await "the servers are equal" equal
must "Alice is still logged in" logged_in a11ce0

echo "5. Cut the first memcached off. Bob logs out meanwhile."
signal one STOP
await "Bob can log out" log_out b0b000
must "Bob is logged out" logged_out b0b000

echo "6. The first memcached comes back, with Bob's session in it."
signal one CONT
must "Bob is still logged out" logged_out b0b000
await "the servers are equal" equal
must "Bob is still logged out" logged_out b0b000
must "Alice is still logged in" logged_in a11ce0

echo "Nobody was logged out, and the log-out stays."
