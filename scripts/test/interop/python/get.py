"""Usage: get.py WSDL VARIANT ID..."""

import sys

import variants
from fixture import FIXTURE

wsdl, variant, *ids = sys.argv[1:]
sessions = getattr(variants, variant)(wsdl)
for id in ids:
    got = sessions.get(id)
    assert got.keys() == FIXTURE.keys(), (id, got.keys() ^ FIXTURE.keys())
    for key, want in FIXTURE.items():
        assert got[key] == want, (id, key, repr(got[key])[:200])
