"""Django's sessions in memcachedsoap.

SESSION_ENGINE = "memcachedsoap_django.session" and the setting MEMCACHEDSOAP, a dict of
options, are all that a project needs. The middleware of this package answers 503 while
the service is down, and takes the user of a shared login.
"""
