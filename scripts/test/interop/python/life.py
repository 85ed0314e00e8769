"""Usage: life.py WSDL VARIANT"""

import sys

import zeep

import variants

wsdl, variant = sys.argv[1:]
sessions = getattr(variants, variant)(wsdl)
soap = sessions.soap

assert soap.status() == '...... MEMCACHED SOAP OK ......'

new = sessions.set(None, {'uid': 'dwho'}, 600)
assert len(new.id) == 32 and int(new.id, 16) >= 0, new
assert new.expiresIn == 600, new

touched = soap.touchSession(new.id, 60)
assert (touched.expiresIn, touched.version) == (60, new.version), touched
got = soap.getSession(new.id)
assert (got.id, got.version) == (new.id, new.version), got
assert 0 < got.expiresIn <= 60, got

changed = sessions.set(new.id, {'uid': 'rtyler'})
assert changed.version != new.version
assert sessions.get(new.id) == {'uid': 'rtyler'}
assert sessions.get(sessions.set(None, {}).id) == {}

assert soap.deleteSession(new.id) is True
assert soap.deleteSession(new.id) is False
try:
    sessions.get(new.id)
    sys.exit('a deleted session is still there')
except zeep.exceptions.Fault as fault:
    assert sessions.fault(fault)[0] == 'SessionNotFoundFault', fault

report = soap.stats()
assert {stat.name for stat in report.service.stat} >= {'version', 'uptime', 'get_hits'}
for server in report.servers.server:
    assert server.alive and server.tier == 'principal', server
    assert {stat.name for stat in server.stats.stat} >= {'pid', 'curr_items', 'evictions'}, server
