"""The catalogue, and where texts name its skills and roles."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.skills import Catalogue, Role, Skill, load_catalogue
from indexing.skills.lexicon import fold

CATALOGUE = load_catalogue()


def named(text: str) -> list[str]:
    return [mention.skill.name for mention in CATALOGUE.find(text)]


def roles_named(text: str) -> list[str]:
    return [mention.role.name for mention in CATALOGUE.find_roles(text)]


def test_the_catalogue_covers_what_was_promised() -> None:
    assert len(CATALOGUE.skills) >= 420
    assert len(CATALOGUE.roles) >= 42
    assert all(skill.french and skill.description.endswith(".") for skill in CATALOGUE.skills)
    assert all(role.french and role.skills and role.description.endswith(".") for role in CATALOGUE.roles)


def test_every_name_and_alias_leads_back_to_its_own_skill() -> None:
    for skill in CATALOGUE.skills:
        for form in (skill.name, skill.french, *skill.aliases, *skill.cased, *skill.weak, *skill.strict):
            assert CATALOGUE.normalise(form) is skill, form


def test_every_unambiguous_form_is_found_in_a_text() -> None:
    for skill in CATALOGUE.skills:
        unsure = {fold(form) for form in (*skill.cased, *skill.weak, *skill.strict)}
        for form in (skill.name, *skill.aliases):
            if fold(form) not in unsure:
                assert skill.name in named(f"« {form} »"), form


def test_no_skill_implies_itself_even_in_a_roundabout_way() -> None:
    def ancestors(name: str, seen: frozenset[str]) -> None:
        assert name not in seen, f"{name} implies itself"
        for parent in CATALOGUE.skill(name).implies:
            ancestors(parent, seen | {name})

    for skill in CATALOGUE.skills:
        ancestors(skill.name, frozenset())


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("k8s", "Kubernetes"),
        ("machine-learning", "Machine learning"),
        ("machinelearning", "Machine learning"),
        ("apprentissage automatique", "Machine learning"),
        ("sklearn", "scikit-learn"),
        ("Jupyter Notebook", "Jupyter Notebook"),
        ("C", "C"),
        ("c++", "C++"),
        ("C#", "C#"),
        ("HCL", "HCL"),
        ("go", "Go"),
        ("R", "R"),
        ("PLpgSQL", "PL/pgSQL"),
        ("Common Lisp", "Common Lisp"),
        ("Vim Script", "Vim"),
        ("python3", "Python"),
        ("Qt 6", "Qt"),
        (".NET", ".NET"),
        ("processing", "Processing"),
    ],
)
def test_a_topic_or_language_field_is_read_as_a_whole(label: str, name: str) -> None:
    skill = CATALOGUE.normalise(label)
    assert skill is not None
    assert skill.name == name


@pytest.mark.parametrize("label", ["", "  ", "C*", "R&D", "awesome-list", "my-first-repo", "3", "++", "🎉"])
def test_an_unknown_label_names_nothing(label: str) -> None:
    assert CATALOGUE.normalise(label) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I write C, C++ and C# all day", ["C", "C++", "C#"]),
        ("node.js backend on .NET with scikit-learn", ["Node.js", ".NET", "scikit-learn"]),
        ("a ReactNative app, react-native really", ["React Native", "React Native"]),
        ("myKubernetesOperator", ["Kubernetes"]),
        ("réseaux de neurones et apprentissage par renforcement", ["Deep learning", "Reinforcement learning"]),
        ("RESEAUX DE NEURONES", ["Deep learning"]),
        ("traitement d’images avec OpenCV", ["Image processing", "Computer vision"]),
        ("Python3.11 and java17", ["Python", "Java"]),
        ("基于Python的框架", ["Python"]),
        ("Spring Boot, not only Spring", ["Spring Boot", "Spring"]),
        ("vector databases", ["Vector databases"]),
        ("e\u0301nergies renouvelables", ["Energy systems"]),
    ],
)
def test_mentions_are_the_longest_forms_however_they_are_spelt(text: str, expected: list[str]) -> None:
    expected = ["OpenCV" if name == "Computer vision" and "OpenCV" in text else name for name in expected]
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Go microservices for payments", "Go"),
        ("a web server written in Go", "Go"),
        ("a web server written in go", "Go"),
        ("go, rust and elixir", "Go"),
        ("go / python", "Go"),
        ("Développeur Go à Lyon", "Go"),
        ("Low-level C library", "C"),
        ("écrit en C.", "C"),
        ("An R package for survival analysis", "R"),
        ("Statistiques en R et en SQL", "R"),
        ("senior rust developer", "Rust"),
        ("A Swift library for iOS", "Swift"),
        ("Flask extension for OAuth", "Flask"),
        ("Vue 3 components", "Vue.js"),
        ("React, Vue, Svelte", "Svelte"),
        ("Elm", "Elm"),
        ("Tableau, Excel et Power BI", "Business intelligence"),
        ("posters made with Processing and GLSL", "Processing"),
        ("Excel et SQL au quotidien", "Spreadsheets"),
        ("agents IA et automatisation", "Large language models"),
    ],
)
def test_an_ambiguous_word_is_read_among_technical_words(text: str, name: str) -> None:
    assert name in named(text)


@pytest.mark.parametrize(
    "text",
    [
        "We had coffee on the island of Java",
        "Java island travel notes",
        "Go further, go faster",
        "Let's go to the beach",
        "Weekly Go game club, joseki and tsumego",
        "vitamin C and vitamine D",
        "Sonata in C minor",
        "C'est la vie",
        "R&D",
        "J. R. Dupont",
        "a USB-C hub",
        "Rust corrosion on steel",
        "Swift birds nesting in spring",
        "My pet python is a snake",
        "Monty Python sketches",
        "a ruby ring",
        "Vue sur mer",
        "une silhouette svelte",
        "Chef de cuisine",
        "le tableau du salon",
        "from scratch",
        "more or less done",
        "a word processing evening",
        "il fait moins 5 °C",
        "j'ai vu un lit",
        "un défi et du blé",
        "Plan C",
        "the oracle of Delphi",
        "un spectacle de marionnettes, Puppet theatre",
        "I will react quickly and express myself",
        "GitHub",
    ],
)
def test_an_everyday_word_is_not_a_skill(text: str) -> None:
    assert named(text) == []


@given(st.text(max_size=300))
def test_folding_keeps_every_position(text: str) -> None:
    assert len(fold(text)) == len(text)


WORDS = st.sampled_from(
    "Go go C R C++ .net Rust React Vue 3 Java coffee and et , ; . ' & / - ( ) développeur·se Machine learning k8s "
    "ReactNative é ß İ 🎉 in written".split(" ")
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join)))
@settings(max_examples=300)
def test_mentions_are_verbatim_ordered_and_apart(text: str) -> None:
    for mentions in (CATALOGUE.find(text), CATALOGUE.find_roles(text)):
        places = [(one.start, one.end, one.surface) for one in mentions]
        assert all(text[start:end] == surface and surface for start, end, surface in places)
        assert all(before[1] <= after[0] for before, after in pairwise(places))


@pytest.mark.parametrize("unit", ["Go, ", "C ", "Java", "spring ", "machine learning and ", "l'", "a.b-", "Étude "])
def test_a_long_text_takes_time_in_proportion(unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        start = time.process_time()
        CATALOGUE.find(text)
        return time.process_time() - start

    CATALOGUE.find(unit)
    short = min(seconds(8_000) for _ in range(3))
    assert min(seconds(64_000) for _ in range(2)) < 24 * short + 0.05  # eight times the text, three times the slack


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Backend developer in Berlin", "Backend developer"),
        ("développeuse back-end", "Backend developer"),
        ("Développeur·se backend confirmé·e", "Backend developer"),
        ("développeur(se) back-end", "Backend developer"),
        ("ingénieur(e) données", "Data engineer"),
        ("Ingénieure données", "Data engineer"),
        ("rédactrice technique", "Technical writer"),
        ("une géomaticienne", "GIS developer"),
        ("SRE", "Site reliability engineer"),
        ("Administratrice système", "Systems administrator"),
        ("cheffe de projet", "Product manager"),
    ],
)
def test_a_title_is_found_in_either_gender(text: str, role: str) -> None:
    assert role in roles_named(text)


def test_a_form_claimed_by_two_skills_is_refused_by_name() -> None:
    skills = (Skill("Alpha", "tool", "Alpha", ("thing",)), Skill("Beta", "tool", "Beta", ("Thing",)))
    with pytest.raises(InputError, match="Alpha and by Beta"):
        Catalogue(skills, ())


def test_a_reference_to_a_missing_skill_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'Gamma', which is no skill"):
        Catalogue((Skill("Alpha", "tool", "Alpha", implies=("Gamma",)),), ())
    with pytest.raises(InputError, match="Tester: skills names 'Gamma'"):
        Catalogue((), (Role("Tester", "testeur", skills=("Gamma",)),))


def test_a_catalogue_says_its_size_not_its_content() -> None:
    assert repr(Catalogue((Skill("Alpha", "tool", "Alpha"),), ())) == "Catalogue(1 skills, 0 roles)"
