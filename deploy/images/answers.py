"""Exit code 0 when an address answers below 400: for health checks in images that have no curl."""

import sys
from urllib.error import URLError
from urllib.request import urlopen

try:
    with urlopen(sys.argv[1], timeout=4) as response:  # noqa: S310  # loopback, named by the image
        sys.exit(response.status >= 400)
except (URLError, OSError) as error:
    print(f"{sys.argv[1]}: {error}")
    sys.exit(1)
