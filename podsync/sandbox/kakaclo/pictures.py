"""What KakaClo does to the addresses of pictures; nothing of it is documented."""

from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

# The host is spelled as the vendor spells it.
PICTURE_HOST = "oss-pubilc.kakaclo.com"


def kept_picture(url: str | None, number: int, how: str) -> str | None:
    """The address under which the shop shows a picture.

    how: `kept`, `rehosted`, or `files.foreign`: re-hosted unless it is on the shop's own host.
    """
    if not url or how == "kept" or (how == "foreign" and urlsplit(url).hostname == PICTURE_HOST):
        return url
    return f"https://{PICTURE_HOST}/images/{uuid5(NAMESPACE_URL, f'{number}:{url}')}.png"
