"""The credentials that the environment has for the tests, in an HTTP session of
requests."""

import os

import requests


def session():
    """Return a session that sends the credentials with each request."""
    session = requests.Session()
    form = os.environ.get('CREDENTIALS')
    if form == 'basic':
        session.auth = tuple(os.environ['SOAP_LOGIN'].encode().split(b':', 1))
    elif form == 'bearer':
        session.headers['Authorization'] = 'Bearer ' + os.environ['SOAP_KEY']
    elif form == 'certificate':
        session.cert = os.environ['CERTIFICATE'], os.environ['CERTIFICATE_KEY']
    if 'AUTHORITY' in os.environ:
        session.verify = os.environ['AUTHORITY']
    return session
