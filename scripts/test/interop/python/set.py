"""Usage: set.py WSDL VARIANT ID"""

import sys

import variants
from fixture import FIXTURE

wsdl, variant, id = sys.argv[1:]
ref = getattr(variants, variant)(wsdl).set(id, FIXTURE, 3600)
assert ref.id == id, ref
assert ref.expiresIn == 3600, ref
