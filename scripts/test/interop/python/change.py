"""Usage: change.py WSDL VARIANT"""

import sys

import zeep

import variants

wsdl, variant = sys.argv[1:]
sessions = getattr(variants, variant)(wsdl)
owner = f'Zoë, {variant}'


def fault(name, call, *args):
    """Makes the call, which must fail, and returns the fields of the named fault."""
    try:
        call(*args)
    except zeep.exceptions.Fault as raised:
        got, content = sessions.fault(raised)
        assert got == name, raised
        return content
    sys.exit(f'no {name}')


one = sessions.set(None, {'owner': owner, 'n': '1', 'old': 'x'}, 600)
two = sessions.set(None, {'owner': owner})

changed = sessions.update(one.id, {'n': '2', 'new': ['', None, b'\x00']}, ['old', 'never there'], one.version)
assert changed.id == one.id and changed.version != one.version, changed
assert 0 < changed.expiresIn <= 600, changed
got = sessions.get(one.id)
assert got['n'] == '2' and got['new'] == ['', None, b'\x00'] and got['owner'] == owner and 'old' not in got, got

for content in (
    fault('VersionConflictFault', sessions.update, one.id, {'n': '3'}, [], one.version),
    fault('VersionConflictFault', sessions.set, one.id, {'n': '3'}, None, one.version),
):
    assert (content.id, content.currentVersion) == (one.id, changed.version), content
assert sessions.get(one.id) == got
fault('SessionNotFoundFault', sessions.soap.setSession, 'ab12', {'entry': []}, None, None, True)

many = sessions.get_many([two.id, 'ab12', one.id])
assert list(many) == [two.id, one.id] and many[one.id] == got, many
assert sessions.get_many([one.id]) == {one.id: got}
assert sessions.get_many(['ab12']) == sessions.get_many([]) == {}

assert sorted(sessions.find(owner)) == sorted([one.id, two.id])
assert sessions.find('nobody') == []
assert sorted(sessions.logout(owner)) == sorted([one.id, two.id])
assert sessions.find(owner) == [] and sessions.get_many([one.id, two.id]) == {}
fault('SessionDeletedFault', sessions.set, one.id, {'owner': owner})
