"""marks: the signed marks of ticket-milter, made here a second time from their description (rules/thread/token.h), so that a test
does not ask the program whether it is right.

    TOKEN    = KEYID "-" BASE32(ticket, serial, tag, signature)
    address  = support+t-TOKEN@...    (serial 0)
    Message-ID = t-TOKEN@INSTALLATION (serial: the outbox row)
"""

import base64
import hashlib
import hmac


def _sign(secret, label, scope, data):
    name, tenant, channel = scope
    texts = b"".join(text.encode() + b"\0" for text in (label, name.lower(), tenant, channel))
    return hmac.new(secret, texts + data, hashlib.sha256).digest()


def _number(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def token(secret, scope, ticket_id, recipient, serial=0, key_id="a"):
    """SCOPE is (name of the installation, tenant, channel); RECIPIENT is in lower case."""
    tag = _sign(secret, "ticket-milter recipient 1", scope, b"%d %s" % (ticket_id, recipient.encode()))[:5]
    content = _number(ticket_id) + _number(serial) + tag
    signature = _sign(secret, "ticket-milter token 1", scope, content)[:10]
    return key_id + "-" + base64.b32encode(content + signature).decode().lower().rstrip("=")


def in_address(address, made):
    local, domain = address.split("@")
    return "%s+t-%s@%s" % (local, made, domain)


def in_message_id(made, name):
    return "t-%s@%s" % (made, name)
