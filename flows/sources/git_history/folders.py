"""Which part of a code base a file lies in: its folders, without those that every code base has."""

from __future__ import annotations

from functools import lru_cache

from flows.sources.git_history.signatures import decoded

REMEMBERED = 1 << 16  # folders; a large monorepo has some ten thousand
DEPTH = 2  # telling folders in a label: parser/lexer
LABEL_LENGTH = 60
# Where other people's code and what programs wrote lie: to touch it says nothing.
FOREIGN = frozenset(
    b"""
    node_modules bower_components vendor vendored _vendor third_party third-party thirdparty external deps dist build
    out target .yarn .git .idea .vscode __pycache__ site-packages generated gen __generated__ fixtures testdata
    __snapshots__ snapshots
    """.split()
)
# Folders that tell nothing of what is in them; tests of the parser are work on the parser.
PLAIN = frozenset(
    b"""
    src source sources lib libs main java kotlin scala python py js ts cpp include packages pkg pkgs apps
    app crates modules internal cmd projects components common core shared utils util helpers misc base code tests test
    spec specs __tests__ it unit e2e integration resources static assets public scripts bin tools
    """.split()
)
_JVM = frozenset({b"java", b"kotlin", b"scala", b"groovy"})  # below these, folders begin with a domain turned round
_DOMAINS = frozenset({b"com", b"org", b"net", b"io", b"dev", b"de", b"fr", b"uk", b"eu"})


@lru_cache(maxsize=REMEMBERED)
def label_of(folder: bytes) -> str | None:
    """The first telling folders of a path, its plain ones when it has no other; None for the top and foreign code."""
    telling: list[bytes] = []
    plain = b""
    for name in folder.split(b"/"):
        lower = name.lower()
        if lower in FOREIGN:
            return None
        if lower in PLAIN or (lower in _DOMAINS and plain.lower() in _JVM and not telling):
            plain = plain if lower in _DOMAINS else name
        elif len(telling) < DEPTH:
            telling.append(name)
    label = b"/".join(telling) or plain
    return decoded(label)[:LABEL_LENGTH] if label else None


@lru_cache(maxsize=REMEMBERED)
def is_foreign(folder: bytes) -> bool:
    """Whether somebody else's or a program's work lies there."""
    return any(name in FOREIGN for name in folder.lower().split(b"/"))
