# Verifies a message of Vantera (Standard Webhooks) with Python's own library.
import base64, hashlib, hmac, sys, time


def verify(secret, headers, body, now=None, tolerance=300):
    """True when `body` (the bytes as they arrived) was signed with `secret` (whsec_...) at most `tolerance` seconds ago."""
    message_id, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not sent_at.isascii() or not sent_at.isdigit():
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{sent_at}.".encode() + body
    ours = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    theirs = [one[3:] for one in headers.get("webhook-signature", "").split(" ") if one.startswith("v1,")]
    # While a secret is being replaced there are two signatures; one that fits is enough.
    fits = any([hmac.compare_digest(ours, one.encode()) for one in theirs])
    fresh = abs((time.time() if now is None else now) - int(sent_at)) <= tolerance
    return fits and fresh


if __name__ == "__main__":
    secret, message_id, sent_at, signature, now = sys.argv[1:6]
    sent = {"webhook-id": message_id, "webhook-timestamp": sent_at, "webhook-signature": signature}
    sys.exit(0 if verify(secret, sent, sys.stdin.buffer.read(), int(now)) else 1)
