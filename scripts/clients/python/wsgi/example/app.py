"""An example application with Flask: one session with the applications of other languages.

The paths are those that all example applications have; scripts/test/adapters uses them.
It is served by gunicorn, see run.
"""

import base64
import os
import time

from flask import Flask, json, jsonify, request, session

from memcachedsoap_wsgi.flask import SoapSessionInterface

application = Flask(__name__)
application.config.update(SESSION_COOKIE_NAME="sessionid", SESSION_COOKIE_SAMESITE="Lax", PERMANENT_SESSION_LIFETIME=3600)
application.session_interface = SoapSessionInterface(
    url=os.environ["SOAP_URL"],
    timeout=4.0,  # the machine of the tests has much to do
    key=os.environ.get("SOAP_KEY") or None,
    shared=[name for name in os.environ.get("SHARED", "").split(",") if name],
    app=os.environ.get("APP") or "flask",
)


def value_of(body):
    """Reads a JSON value; {"base64": …} stands for bytes."""
    return json.loads(body, object_hook=lambda o: base64.b64decode(o["base64"]) if list(o) == ["base64"] else o)


def shown(value):
    """Makes a value one that JSON has."""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return value


@application.get("/whoami")
def whoami():
    return jsonify(uid=session.get("uid"), groups=session.get("groups", []))


@application.post("/login")
def login():
    uid = request.args["uid"]  # a real application checks a password first
    session.login(uid, cn=f"Name of {uid}", mail=f"{uid}@example.com", groups=["users", "staff"], authenticationLevel=2)
    return jsonify(uid=uid)


@application.post("/logout")
def logout():
    session.clear()
    return jsonify({})


@application.get("/get")
def get():
    key = request.args["key"]
    return jsonify(present=key in session, value=shown(session.get(key)))


@application.post("/set")
def set_value():
    session[request.args["key"]] = value_of(request.get_data())
    return jsonify({})


@application.post("/remove")
def remove():
    session.pop(request.args["key"], None)
    return jsonify({})


@application.post("/slow")
def slow():
    len(session)
    time.sleep(int(request.args["ms"]) / 1000)
    return set_value()


@application.post("/many")
def many():
    session.update(value_of(request.get_data()))
    return jsonify({})


@application.get("/plain")
def plain():
    return jsonify({})
