"""Plain clients of the documented calls, each with one account's keys; no gateway of ours.

`send(story)` makes a charge that tells this story, `ref_in` returns the provider's id for it from
the answer, and `outcome` what the provider says of it: waiting, paid or failed. `started` and
`paid` are how many webhooks tell of a charge and of its success, and `is_genuine` whether one is
the provider's, as far as anybody can tell.
"""

import base64
import hashlib
import hmac
import json
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding


class Shop:
    def ask(self, story):
        return self.ref_in(self.send(story))


class KopoKopo(Shop):
    slug = "kopokopo"
    started, paid = 0, 2

    def __init__(self, providers, http, merchant):
        self.url = providers.url("kopokopo")
        self.keys = providers.open_account("kopokopo", webhook_url=f"{merchant.url}/subscribed")
        self.http = http
        self.merchant = merchant
        self.token = self.new_token().json()["access_token"]

    def new_token(self, **changes):
        form = {
            "client_id": self.keys["api_key"],
            "client_secret": self.keys["private_key"],
            "grant_type": "client_credentials",
        }
        return self.http.post(f"{self.url}/oauth/token", data=form | changes)

    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def charge(self, phone="+254712345000", value=20, **changes):
        body = {
            "payment_channel": "M-PESA STK Push",
            "till_number": self.keys["extra"]["till_number"],
            "subscriber": {"first_name": "Jane", "last_name": "Doe", "phone_number": phone},
            "amount": {"currency": "KES", "value": value},
            "metadata": {"reference": "pay_1"},
            "_links": {"callback_url": f"{self.merchant.url}/callback"},
        }
        return self.post("incoming_payments", body | changes)

    def post(self, path, body):
        return self.http.post(f"{self.url}/api/v2/{path}", json=body, headers=self.headers())

    def get(self, location):
        return self.http.get(location, headers=self.headers())

    def attributes(self, location):
        return self.get(location).json()["data"]["attributes"]

    def callbacks(self):
        return [one for one in self.merchant.received if one.path == "/callback"]

    def send(self, story):
        return self.charge(f"+254712345{story}")

    def ref_in(self, answer):
        return answer.headers["Location"]

    def is_genuine(self, told):
        key = self.keys["extra"]["webhook_key"].encode()
        made = hmac.new(key, told.body, hashlib.sha256).hexdigest()
        return told.headers["x-kopokopo-signature"] == made

    def outcome(self, location):
        said = {"Pending": "waiting", "Success": "paid", "Failed": "failed"}
        return said[self.attributes(location)["status"]]


class IntaSend(Shop):
    slug = "intasend"
    started, paid = 1, 1

    def __init__(self, providers, http, merchant, **extra):
        self.url = providers.url("intasend")
        self.keys = providers.open_account("intasend", webhook_url=f"{merchant.url}/told", **extra)
        self.http = http

    def headers(self):
        return {"Authorization": f"Bearer {self.keys['private_key']}"}

    def post(self, path, **body):
        body = {"public_key": self.keys["api_key"]} | body
        return self.http.post(f"{self.url}/{path}", json=body, headers=self.headers())

    def get(self, path):
        return self.http.get(f"{self.url}/{path}", headers=self.headers())

    def charge(self, **changes):
        body = {
            "currency": "KES",
            "method": "M-PESA",
            "amount": 20,
            "phone_number": "254712345000",
            "api_ref": "pay_1",
            "email": "jane@example.com",
        }
        return self.post("payment/mpesa-stk-push/", **body | changes)

    def invoice(self, **changes):
        return self.charge(**changes).json()["invoice"]["invoice_id"]

    def status(self, invoice):
        return self.post("payment/status/", invoice_id=invoice).json()["invoice"]

    def send(self, story):
        return self.charge(phone_number=f"254712345{story}")

    def ref_in(self, answer):
        return answer.json()["invoice"]["invoice_id"]

    def is_genuine(self, told):
        return json.loads(told.body)["challenge"] == self.keys["extra"]["challenge"]

    def outcome(self, invoice):
        said = {"PROCESSING": "waiting", "COMPLETE": "paid", "FAILED": "failed"}
        return said[self.status(invoice)["state"]]


class MercadoPago(Shop):
    slug = "mercadopago"
    started, paid = 1, 1

    def __init__(self, providers, http, merchant):
        self.url = providers.url("mercadopago")
        self.keys = providers.open_account("mercadopago", webhook_url=f"{merchant.url}/told")
        self.http = http

    def headers(self, key=None):
        headers = {"Authorization": f"Bearer {self.keys['private_key']}"}
        return headers | ({"X-Idempotency-Key": key} if key else {})

    def get(self, path, **query):
        return self.http.get(f"{self.url}/{path}", params=query, headers=self.headers())

    def charge(self, key=None, **changes):
        body = {
            "transaction_amount": 20.00,
            "token": "test_APRO",
            "description": "WiFi 1h",
            "installments": 1,
            "payment_method_id": "visa",
            "payer": {"email": "jane@example.com"},
            "external_reference": "pay_1",
        }
        return self.post("v1/payments", body | changes, key or uuid.uuid4().hex)

    def post(self, path, body, key=None):
        return self.http.post(f"{self.url}/{path}", json=body, headers=self.headers(key))

    def refund(self, ref, key=None, **body):
        return self.post(f"v1/payments/{ref}/refunds", body, key or uuid.uuid4().hex)

    def send(self, story):
        return self.charge(token=f"test_APRO_{story}")

    def ref_in(self, answer):
        return answer.json()["id"]

    def is_genuine(self, told):
        stamp, digest = (part.partition("=")[2] for part in told.headers["x-signature"].split(","))
        rid = told.headers["x-request-id"]
        manifest = f"id:{told.query['data.id']};request-id:{rid};ts:{stamp};"
        key = self.keys["extra"]["webhook_secret"].encode()
        return digest == hmac.new(key, manifest.encode(), hashlib.sha256).hexdigest()

    def outcome(self, ref):
        said = {"in_process": "waiting", "approved": "paid", "rejected": "failed"}
        return said[self.get(f"v1/payments/{ref}").json()["status"]]


class Conekta(Shop):
    slug = "conekta"
    started, paid = 0, 2

    def __init__(self, providers, http, merchant):
        self.url = providers.url("conekta")
        self.keys = providers.open_account("conekta", webhook_url=f"{merchant.url}/told")
        self.http = http

    def headers(self):
        return {
            "Authorization": f"Bearer {self.keys['private_key']}",
            "Accept": "application/vnd.conekta-v2.3.0+json",
        }

    def get(self, path, **query):
        return self.http.get(f"{self.url}/{path}", params=query, headers=self.headers())

    def post(self, path, **body):
        return self.http.post(f"{self.url}/{path}", json=body, headers=self.headers())

    def order(self, token="tok_test_visa_4242", **changes):
        body = {
            "currency": "MXN",
            "customer_info": {
                "name": "Jane Ñandú",
                "email": "jane@example.com",
                "phone": "+525555555555",
            },
            "line_items": [{"name": "WiFi 1h", "unit_price": 1000, "quantity": 2}],
            "charges": [{"payment_method": {"type": "card", "token_id": token}}],
            "metadata": {"reference": "pay_1"},
        }
        return self.post("orders", **body | changes)

    def voucher(self):
        return self.order(charges=[{"payment_method": {"type": "cash"}}])

    def status(self, ref):
        return self.get(f"orders/{ref}").json()["payment_status"]

    def send(self, story):
        return self.order(f"tok_test_visa_4242_{story}")

    def ref_in(self, answer):
        order = answer.json()
        return order.get("data", order)["id"]

    def is_genuine(self, told):
        pem = self.keys["extra"]["webhook_public_key"].encode()
        digest = base64.b64decode(told.headers["digest"])
        try:
            serialization.load_pem_public_key(pem).verify(
                digest, told.body, padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return False
        return True

    def outcome(self, ref):
        said = {"pending_payment": "waiting", "paid": "paid", "declined": "failed"}
        return said[self.status(ref)]


class Daraja(Shop):
    slug = "daraja"
    started, paid = 0, 1

    def __init__(self, providers, http, merchant):
        self.url = providers.url("daraja")
        self.keys = providers.open_account("daraja")
        self.shortcode = self.keys["extra"]["shortcode"]
        self.http = http
        self.merchant = merchant
        self.token = self.new_token().json()["access_token"]

    def new_token(self, secret=None):
        return self.http.get(
            f"{self.url}/oauth/v1/generate",
            params={"grant_type": "client_credentials"},
            auth=(self.keys["api_key"], secret or self.keys["private_key"]),
        )

    def post(self, path, body):
        stamp = "20260101120000"
        password = f"{self.shortcode}{self.keys['extra']['passkey']}{stamp}".encode()
        signed = {
            "BusinessShortCode": self.shortcode,
            "Password": base64.b64encode(password).decode(),
            "Timestamp": stamp,
        }
        return self.http.post(
            f"{self.url}/mpesa/{path}",
            json=signed | body,
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def charge(self, phone="254712345000", **changes):
        body = {
            "TransactionType": "CustomerPayBillOnline",
            "Amount": 20,
            "PartyA": phone,
            "PartyB": self.shortcode,
            "PhoneNumber": phone,
            "CallBackURL": f"{self.merchant.url}/callback",
            "AccountReference": "pay_1",
            "TransactionDesc": "WiFi",
        }
        return self.post("stkpush/v1/processrequest", body | changes)

    def query(self, ref):
        return self.post("stkpushquery/v1/query", {"CheckoutRequestID": ref})

    def callback(self):
        return json.loads(self.merchant.received[-1].body)["Body"]["stkCallback"]

    def send(self, story):
        return self.charge(f"254712345{story}")

    def ref_in(self, answer):
        return answer.json()["CheckoutRequestID"]

    def is_genuine(self, told):
        return told.path == "/callback"

    def outcome(self, ref):
        said = self.query(ref).json()
        if "ResultCode" not in said:
            return "waiting"
        return "paid" if said["ResultCode"] == "0" else "failed"


SHOPS = (KopoKopo, IntaSend, MercadoPago, Conekta, Daraja)
