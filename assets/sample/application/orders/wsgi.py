"""The WSGI entry point of the sample application."""

from flask import Flask

application = Flask(__name__)


@application.route("/health")
def health() -> str:
    return "ok"
