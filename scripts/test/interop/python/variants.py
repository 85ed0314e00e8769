"""The tested settings of zeep, by name."""

import requests
import zeep
from zeep.wsdl.bindings import Soap12Binding

from sessions import Sessions


def strict(wsdl):
    return Sessions(wsdl, settings=zeep.Settings(strict=True))


def lax(wsdl):
    """Not strict, and without compression of answers."""
    http = requests.Session()
    http.headers['Accept-Encoding'] = 'identity'
    return Sessions(wsdl, settings=zeep.Settings(strict=False), transport=zeep.Transport(session=http))


def soap12(wsdl):
    """SOAP 1.2 at the address of the SOAP 1.1 port."""
    sessions = strict(wsdl)
    for binding in sessions.client.wsdl.bindings.values():
        binding.__class__ = Soap12Binding
        for operation in binding.all().values():
            for part in operation, operation.input, operation.output:
                part.nsmap = Soap12Binding.nsmap
    return sessions
