"""What is believed, and from whom: values in, verdicts out. No network, no clock, no state is changed here.

Each kind of evidence has one module. Anything else is *unknown*; unknown never makes a product and
never binds one: it waits, or a person is asked.

    ages         how long ago something was, within a run and between runs
    listing      what a listing proves: presence, absence, or neither
    account      whether these products are those of the account that the state was written for
    state_view   what the state knows of one provider, as a look needs it
    pairs        which listed product may be which document's, for a person to decide
    situation    all that is known before a look
    claims       which listed product is whose: what was sent, what is wanted, what nobody has
    sent         what became of what this state sent
    steps        what became of the steps after a create
    wanted       what becomes of what a document wants
    declared     what a person, or a document, says is whose
    judge        the order of all this
    findings     what comes out of it

What a provider does to values is learned in `providers.habits`; names that came back changed are recognised
in `providers.name_forms`. Whether a request left is known to `network.http` alone.
"""

__all__ = [
    "account",
    "ages",
    "claims",
    "declared",
    "findings",
    "judge",
    "listing",
    "pairs",
    "sent",
    "situation",
    "state_view",
    "steps",
]
