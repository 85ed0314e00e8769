"""Usage: faults.py WSDL VARIANT WSDL-OF-SERVICE-WITHOUT-STORE UNREADABLE-ID"""

import sys

import zeep

import variants

wsdl, variant, without_store, unreadable = sys.argv[1:]


def fault(name, call, *args):
    """Makes the call, which must fail, and returns the fields of the named fault."""
    try:
        call(*args)
    except zeep.exceptions.Fault as raised:
        got, content = sessions.fault(raised)
        assert got == name, raised
        return content
    sys.exit(f'no {name}')


sessions = getattr(variants, variant)(wsdl)
assert fault('SessionNotFoundFault', sessions.get, 'ab12').id == 'ab12'

for content in fault('InvalidSessionIdFault', sessions.get, '../etc'), fault('InvalidSessionIdFault', sessions.set, '../etc', {}):
    assert content.id == '../etc' and content.reason, content

id = sessions.set(None, {'uid': 'dwho'}).id
content = fault('PayloadTooLargeFault', sessions.set, id, {'k': 'x' * 1_500_000})
assert content.actual > 1_500_000 and content.limit < 1 << 20, content
assert sessions.get(id) == {'uid': 'dwho'}

sessions.soap.deleteSession(id)
for call, *args in (sessions.set, id, {}), (sessions.update, id, {}), (sessions.soap.touchSession, id):
    assert fault('SessionDeletedFault', call, *args).id == id

for content in fault('UnreadableSessionFault', sessions.get, unreadable), fault('UnreadableSessionFault', sessions.set, unreadable, {}):
    assert content.id == unreadable and content.reason, content

sessions = getattr(variants, variant)(without_store)
for call, *args in (
    (sessions.get, 'ab12'),
    (sessions.set, 'ab12', {}),
    (sessions.set, None, {}),
    (sessions.get_many, ['ab12', 'cd34']),
    (sessions.update, 'ab12', {}),
    (sessions.soap.touchSession, 'ab12'),
    (sessions.soap.deleteSession, 'ab12'),
    (sessions.soap.status,),
):
    content = fault('StoreUnavailableFault', call, *args)
    assert content.reason and content.retryAfter > 0, content
