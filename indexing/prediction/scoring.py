"""The skills and roles a text shows, whether it names them or only describes them, and the language it is in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log1p
from typing import Final

import numpy as np
from lingua import Language, LanguageDetector, LanguageDetectorBuilder
from numpy.typing import ArrayLike, NDArray

from indexing.prediction.word_overlap import WordOverlap
from indexing.skills import Catalogue, Skill, load_catalogue
from indexing.skills.lexicon import words_of

Scores = NDArray[np.float64]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]

ALIASES_ENCODED: Final = 8  # more dilute the vector: precision@5 by vector alone .29 with none, .33 with 8, .32 with 16
SKILLS_ENCODED: Final = 8
LANGUAGES: Final = (
    Language.ENGLISH,
    Language.FRENCH,
    Language.GERMAN,
    Language.SPANISH,
    Language.ITALIAN,
    Language.PORTUGUESE,
    Language.DUTCH,
)
SHORTEST_DETECTED: Final = 12  # letters: below, names of people and tools decide more than the language does
SUREST_REQUIRED: Final = 0.6
LEAST_SCORE: Final = 0.02  # of the guesses below it under 1 in 50 is right; an empty text shows nothing at all


@dataclass(frozen=True, slots=True)
class Weights:
    """How far each kind of evidence counts; chosen on the odd ids of data/judgements/predict.jsonl.

    Closeness is the text's cosine to a skill or role in standard deviations from its mean over the catalogue: that
    means the same with every encoder, where a cosine does not.
    """

    mentioned: float = 0.9
    implied: float = 0.5
    described: float = 0.7  # the most that closeness and shared words can give a skill that is not named
    described_half: float = 4.0  # standard deviations at which half of that is given
    described_spread: float = 1.0
    closeness: float = 0.7
    skill_words: float = 0.3  # standard deviations per unit of inverse document frequency shared
    role_words: float = 0.2
    role_skills: float = 6.0
    role_title: float = 6.0
    role_half: float = 7.4
    role_spread: float = 1.5
    smallest_skill: float = 0.1  # weaker ones are noise, and there are hundreds of them


WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class CatalogueVectors:
    """The unit vectors of a catalogue's skills and roles, row by row in its order, from one encoder."""

    skills: NDArray[np.float32]
    roles: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best skills and roles of one text with scores from 0 to 1, best first, ties by name.

    The scores read as chances: on the even ids of the labelled texts, 40 % of the skills scored .5 to .65 are labelled,
    90 % of those scored .9 to .95. Guesses below `LEAST_SCORE` are left out, so a text may show fewer than asked for.
    """

    skills: tuple[tuple[str, float], ...]
    roles: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class _Tables:
    """What scoring needs of a catalogue, computed once for it."""

    positions: dict[str, int]
    implied: Sequence[NDArray[np.intp]]
    role_skills: Scores  # skills x roles, columns of unit length
    role_positions: dict[str, int]
    skill_words: WordOverlap
    role_words: WordOverlap


def catalogue_texts(catalogue: Catalogue) -> tuple[list[str], list[str]]:
    """The texts to encode for the skills and for the roles, in catalogue order."""
    skills = [
        f"{skill.name} ({skill.french}): {skill.description} {', '.join(skill.aliases[:ALIASES_ENCODED])}"
        for skill in catalogue.skills
    ]
    roles = [
        f"{role.name} ({role.french}): {role.description} {', '.join(role.skills[:SKILLS_ENCODED])}"
        for role in catalogue.roles
    ]
    return skills, roles


def encode_catalogue(catalogue: Catalogue, encode: Encode) -> CatalogueVectors:
    """The catalogue's vectors by an encoder of passages."""
    skills, roles = catalogue_texts(catalogue)
    return CatalogueVectors(encode(skills), encode(roles))


def predict(
    text: str,
    vector: ArrayLike,
    catalogue: Catalogue,
    vectors: CatalogueVectors,
    *,
    top_k: int = 5,
    weights: Weights = WEIGHTS,
) -> Prediction:
    """The best skills and roles of a text, at most `top_k` of each.

    They come from what it names, what that implies, its vector and its words.
    """
    direction = np.asarray(vector, dtype=np.float64)
    skills = score_skills(text, direction, catalogue, vectors.skills, weights=weights)
    roles = score_roles(text, direction, catalogue, vectors.roles, skills, weights=weights)
    return Prediction(
        skills=_best([skill.name for skill in catalogue.skills], skills, top_k),
        roles=_best([role.name for role in catalogue.roles], roles, top_k),
    )


def score_skills(
    text: str, vector: Scores, catalogue: Catalogue, skill_vectors: NDArray[np.float32], *, weights: Weights = WEIGHTS
) -> Scores:
    """A score from 0 to 1 per skill; independent kinds of evidence add up as chances do."""
    tables = _tables(catalogue)
    missed = np.ones(len(catalogue.skills))
    mentioned = sorted({tables.positions[mention.skill.name] for mention in catalogue.find(text)})
    implied = sorted({int(parent) for position in mentioned for parent in tables.implied[position]})
    missed[mentioned] *= 1 - weights.mentioned
    missed[implied] *= 1 - weights.implied
    nearness = weights.closeness * _standardised(skill_vectors @ vector)
    nearness += weights.skill_words * tables.skill_words.scores(text)
    described = weights.described * _sigmoid((nearness - weights.described_half) / weights.described_spread)
    scores: Scores = 1 - missed * (1 - described)
    return scores


def score_roles(
    text: str,
    vector: Scores,
    catalogue: Catalogue,
    role_vectors: NDArray[np.float32],
    skill_scores: Scores,
    *,
    weights: Weights = WEIGHTS,
) -> Scores:
    """A score from 0 to 1 per role, from its title, its vector, its words and the skills the text shows."""
    tables = _tables(catalogue)
    titles = np.zeros(len(catalogue.roles))
    titles[[tables.role_positions[mention.role.name] for mention in catalogue.find_roles(text)]] = 1
    shown = np.where(skill_scores > weights.smallest_skill, skill_scores, 0.0)
    evidence = (
        weights.closeness * _standardised(role_vectors @ vector)
        + weights.role_words * tables.role_words.scores(text)
        + weights.role_skills * (shown @ tables.role_skills)
        + weights.role_title * titles
    )
    return _sigmoid((evidence - weights.role_half) / weights.role_spread)


def detect_language(text: str) -> str | None:
    """The ISO 639-1 code of a text's language; None when it is too short, too technical or in none of ours."""
    words = list(text)
    for mention in load_catalogue().find(text):
        if mention.skill.kind not in {"domain", "method"}:  # "Kubernetes, Docker" is in no language
            words[mention.start : mention.end] = " " * (mention.end - mention.start)
    plain = "".join(words)
    letters = [char for char in plain if char.isalpha()]
    if len(letters) < SHORTEST_DETECTED or sum(char < "\u0250" for char in letters) < len(letters) / 2:
        return None
    surest = _detector().compute_language_confidence_values(plain)[0]
    return surest.language.iso_code_639_1.name.lower() if surest.value >= SUREST_REQUIRED else None


@cache
def _detector() -> LanguageDetector:
    # Low accuracy takes 15 MB where the full models of these languages take 200.
    return LanguageDetectorBuilder.from_languages(*LANGUAGES).with_low_accuracy_mode().build()


@lru_cache(maxsize=4)
def _tables(catalogue: Catalogue) -> _Tables:
    positions = {skill.name: number for number, skill in enumerate(catalogue.skills)}
    frequencies = Counter(name for role in catalogue.roles for name in role.skills)
    role_skills = np.zeros((len(catalogue.skills), len(catalogue.roles)))
    for number, role in enumerate(catalogue.roles):
        for name in role.skills:
            role_skills[positions[name], number] = log1p(len(catalogue.roles) / frequencies[name])
    lengths = np.linalg.norm(role_skills, axis=0)
    french = {skill.name: skill.french for skill in catalogue.skills}
    return _Tables(
        positions=positions,
        implied=[np.array([positions[name] for name in skill.implies], dtype=np.intp) for skill in catalogue.skills],
        role_skills=role_skills / np.where(lengths > 0, lengths, 1.0),
        role_positions={role.name: number for number, role in enumerate(catalogue.roles)},
        skill_words=WordOverlap([_own_words(skill) for skill in catalogue.skills]),
        role_words=WordOverlap(
            [
                " ".join((role.name, role.french, role.description, *role.aliases, *role.skills))
                + f" {' '.join(french[name] for name in role.skills)}"
                for role in catalogue.roles
            ]
        ),
    )


def _own_words(skill: Skill) -> str:
    """The words that describe a skill, without its ambiguous names: those are for `Catalogue.find` to judge."""
    ambiguous = {" ".join(words_of(form)) for form in (*skill.cased, *skill.weak, *skill.strict)}
    words = words_of(" ".join((skill.name, skill.french, skill.description, *skill.aliases)))
    return " ".join(word for word in words if word not in ambiguous)


def _standardised(cosines: NDArray[np.floating]) -> Scores:
    """Distances from the mean in standard deviations; all 0 when nothing tells the entries apart."""
    values = np.asarray(cosines, dtype=np.float64)
    spread = values.std() if values.size else 0.0
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros_like(values)


def _sigmoid(values: Scores) -> Scores:
    return 1 / (1 + np.exp(-values))


def _best(names: Sequence[str], scores: Scores, count: int) -> tuple[tuple[str, float], ...]:
    rounded = [round(float(score), 6) for score in scores]
    order = sorted(range(len(names)), key=lambda number: (-rounded[number], names[number]))
    return tuple((names[number], rounded[number]) for number in order[:count] if rounded[number] >= LEAST_SCORE)
