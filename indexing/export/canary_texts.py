"""The fixed, fictional texts by which an encoder is recognised: short, long, empty, French and English."""

from __future__ import annotations

_THINGS = (
    ("tide-tables", "predicts tides from harmonic constituents", "Fortran"),
    ("lantern-db", "stores time series in columns and answers range queries", "Rust"),
    ("petit-parseur", "lit des fichiers de configuration et montre la ligne fautive", "OCaml"),
    ("moss-render", "draws vector maps on the graphics card", "C++"),
    ("quiet-queue", "delivers messages once, in order, over a lossy network", "Go"),
    ("herbier", "classe des photographies de plantes selon la forme de leurs feuilles", "Python"),
    ("tin-whistle", "checks shell scripts for unquoted variables", "Haskell"),
    ("glasswing", "streams server-rendered components to the browser", "TypeScript"),
)

CANARY_TEXTS = (
    "",
    "rust",
    "who maintains an async HTTP client in Python",
    "développeuse qui a écrit un moteur de recherche plein texte, plutôt à Nantes",
    "an embedded systems engineer in Lisbon with ten years of C, no front-end work",
    "tide-tables. Predicts tides from harmonic constituents. Topics: ocean, forecasting. Language: Fortran.",
    "herbier. Classe des photographies de plantes. Topics: botanique, vision. Language: Python.",
    "I like compilers, small languages, and explaining both. Maintainer of petit-parseur 🦀",
    "  L’été,  j’écris  des  pilotes\tréseau\net « rien » d’autre  ",
    # Over 300 tokens whatever the tokenizer, so that cutting at the maximum length is part of what is recognised.
    " ".join(
        f"{name}. {name} {purpose}; it is written in {language}, and tested daily."
        for name, purpose, language in _THINGS * 3
    ),
)
