"""A web server that topics deliver to, and that checks each signature with a certificate fetched as a subscriber would."""

import base64
import http.server
import json
import queue
import threading
import urllib.parse
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from under_test import ENDPOINT

# What is signed, by type, in this order: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
SIGNED = {
    "Notification": NOTIFICATION,
    "SubscriptionConfirmation": CONFIRMATION,
    "UnsubscribeConfirmation": CONFIRMATION,
}
DIGESTS = {"1": hashes.SHA1(), "2": hashes.SHA256()}
# Where certificates are when the server says that they are at Amazon's.
AMAZON = "https://sns.us-east-1.amazonaws.com"
# How long a delivery may take.
PATIENCE = 20


def verify(message):
    """Raises if the message is not signed by the key of its certificate."""
    url = urllib.parse.urlsplit(message["SigningCertURL"])
    assert f"{url.scheme}://{url.netloc}" in [AMAZON, ENDPOINT], message["SigningCertURL"]
    with urllib.request.urlopen(ENDPOINT + url.path) as answer:
        certificate = x509.load_pem_x509_certificate(answer.read())
    lines = [f"{key}\n{message[key]}\n" for key in SIGNED[message["Type"]] if key in message]
    signature = base64.b64decode(message["Signature"])
    digest = DIGESTS[message["SignatureVersion"]]
    certificate.public_key().verify(signature, "".join(lines).encode(), padding.PKCS1v15(), digest)


class WebServer:
    """Keeps what is posted to it; answers with the status that it is told."""

    def __init__(self):
        self.posted = queue.Queue()
        self.status = 200
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.posted.put((self.headers, body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next_raw(self):
        """The headers and the body of the next post."""
        return self.posted.get(timeout=PATIENCE)

    def next(self):
        """The headers and the message of the next post, which is signed."""
        headers, body = self.next_raw()
        message = json.loads(body)
        verify(message)
        return headers, message
