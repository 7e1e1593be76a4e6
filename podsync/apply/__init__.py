"""Carrying a plan out, exactly once.

What the modules here call PROTOCOL, in short.

Words. An *Intent* is a durable record that one request may leave within 30 seconds; every send has its
own. A product is *in doubt* between its Intent and its result. An id is *owned* when an entry or an
orphan holds it. *None* ("nothing was made") may be said only `settle_seconds` after the sender is known
to be done (plus `timeout_seconds`), from a complete listing that shows what was known before and holds no
unowned product of that model that may have been made meanwhile, whatever its name.

Steps. 1 lock, load. 2 settle: exactly one same, unowned product is what the Intent made; none: forgotten;
maybe or several: a person is asked. 3 look before creating: same and unowned is adopted. 4 create: intent,
send, sort the answer, result. 5 bind: read from the listing the ids that a create did not tell. 6 update is
an Intent too; a PATCH sets values and is sent again, once it can no longer arrive itself. 7 compact.

What an answer to a create means. Refused connection, DNS, an untrusted certificate, 429: not sent, again
with a new Intent. 400, 404, 422, or a 200 whose envelope says so: refused, and neither that body nor
another one for its address is sent before a listing would show what it may have made. 401, 403: stops that
provider. Everything else that is no clear success, 409 too: in doubt, and never simply sent again. Of a
status from 200 to 299 that came with no word of failure, absence alone never says None: the status line was
the provider's, or a gateway's that had one from it, so a person is asked, however little of the rest came.

What a listing means is judged in `podsync.evidence`; the modules here carry its verdicts out.
"""

__all__ = ["absence", "context", "engine", "history", "lookup", "rate_limit", "report", "run"]
