"""Needs: what a text asks for becomes conditions, wishes and refusals; anything unsure stays words to search."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.candidates import Plan
from indexing.needs import read_need
from indexing.needs.cue_words import cue_words, keys_of
from indexing.places import read_label
from indexing.skills import load_catalogue

CATALOGUE = load_catalogue()
NAMES = {skill.name for skill in CATALOGUE.skills}
TODAY = date(2026, 7, 15)
PIECES = st.sampled_from(
    (
        "cherche;looking for;dév;developer;Rust;PHP;Go;C;Kubernetes;crypto;no;not;pas de;sans;ni;sauf;hors;idéalement;"
        "a plus;required;il faut;must;à Lyon;in Paris;near;remote;télétravail;ou;or;et;,;.;\n;:;(;);senior;10+ years;"
        "like @bob;@bob;50 followers;active this year;but;mais;someone;who knows;Requirements;- ;only;plutôt que;"
        "instead of;🚀;\ud800"
    ).split(";")
)
NEEDS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=30).map(" ".join))


def plan(text: str) -> Plan:
    return read_need(text, CATALOGUE, today=TODAY)


def test_a_french_sentence_with_everything_in_it() -> None:
    read = plan("Cherche dév Rust senior à Lyon ou télétravail, systèmes embarqués, pas de crypto")
    assert read.required == read.languages == ("Rust",)
    assert read.preferred == ("Embedded systems",)
    assert read.excluded == ("Blockchain",)
    assert read.places == ("Lyon", "remote")
    assert read.seniority == "senior"
    assert read.words == "Rust, systèmes embarqués"
    assert 'read "Rust" as a condition' in read.steps
    assert 'left out "pas de crypto"' in read.steps
    assert read.steps[-1] == "search for the words that remain"


def test_someone_like_a_login_with_one_thing_more() -> None:
    read = plan("someone like @login but with Kubernetes")
    assert (read.like, read.required, read.words) == (("login",), ("Kubernetes",), "Kubernetes")


def test_an_english_need_with_a_country_activity_and_followers() -> None:
    read = plan("Python data engineer in Germany, active this year, at least 50 followers")
    assert (read.required, read.places, read.words) == (("Python",), ("Germany",), "Python data engineer")
    assert (read.active_since, read.min_followers) == ("2026-01-01", 50)


@pytest.mark.parametrize(
    "text",
    [
        "Python bindings for libfoo",
        "rust embedded motor control",
        "A library to parse HTML in Go",
        "for Python developers",
        "HTTP client without dependencies",
        "Zero-copy parsing for no-std targets, not only SQL",
        "Create slides without writing any CSS",
        "maps of Paris and air quality in Delhi",
        "pytest plugin with a decorator like @property",
        "Helps developers write tests in Java",
        "Staff rota planner, principal components, lead generation",
        "Port scanner written in Nim, no raw sockets required",
        "Blazing fast, zero configuration web application bundler",
        "The official Bitwarden passwordless.dev Python library",
        "Who owns what: mapping property records in Chicago",
    ],
)
def test_a_description_of_some_work_is_searched_as_it_is(text: str) -> None:
    read = plan(text)
    assert read.words == text
    assert read == Plan(preferred=read.preferred, languages=read.languages, words=text, steps=read.steps)


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("Rust developer", ("Rust",)),
        ("ingénieure Kubernetes", ("Kubernetes",)),
        ("dev go", ("Go",)),
        ("expert in Postgres", ("PostgreSQL",)),
        ("someone who knows Rust", ("Rust",)),
        ("someone who knows not only Java but also Kotlin", ("Java", "Kotlin")),
        ("Développeuse Python et Go", ("Python", "Go")),
        ("Terraform required, Pulumi a plus", ("Terraform",)),
        ("maîtrise de Docker requise", ("Docker",)),
        ("il faut du SQL", ("SQL",)),
        ("a platform engineer, can't do without Terraform", ("Terraform",)),
        ("machine learning engineer", ()),  # people write such domains in other words
        ("Python or Ruby developer", ()),  # a plan has no "or"
        ("C/C++ developer", ()),
        ("Java/Spring Boot developer", ("Java", "Spring Boot")),
        ("I need a parser in Rust", ()),
        ("dev python sql docker", ()),  # a bag of words
        ("tools such as Kafka, someone with experience in tools such as Kafka", ()),
        ("quelqu'un qui a déjà mis en production du Kubernetes", ("Kubernetes",)),
        ("someone who writes parsers in Rust", ("Rust",)),
        ("someone who maintains a Flutter package", ()),  # a work made with it
        ("someone who really knows Rust", ("Rust",)),
        ("une statisticienne maîtrisant R et Stan", ("R",)),
        ("Java 21 exigé, architecte logiciel", ("Java",)),
        ("1 dév Go, 1 dév Java", ()),  # two people: nobody need have both
        ("a Go developer and a Rust developer", ()),
        ("functional programmers (Haskell, PureScript, Elm)", ()),
        ("Who in the Netherlands knows Nix?", ("Nix",)),
    ],
)
def test_what_qualifies_the_person_is_a_condition(text: str, required: tuple[str, ...]) -> None:
    assert plan(text).required == required


@pytest.mark.parametrize(
    ("text", "preferred"),
    [
        ("Go developer, ideally Rust, Zig or C", ("Rust", "Zig", "C")),
        ("dév Go, Docker serait un plus", ("Docker",)),
        ("Go developer; Docker and Helm would be great", ("Docker", "Helm")),
        ("Go developer, Docker not required", ("Docker",)),
        ("Go developer, preferably in Berlin", ("Berlin",)),
        ("dév Go, idéalement en région lyonnaise", ("near Lyon",)),
        ("dév Go, Rust idéalement, Lyon en bonus", ("Rust", "Lyon")),
    ],
)
def test_a_wish_is_no_condition(text: str, preferred: tuple[str, ...]) -> None:
    read = plan(text)
    assert (read.required, read.preferred, read.places) == (("Go",), preferred, ())


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("Rust dev, no PHP, Java or C#", ("PHP", "Java", "C#")),
        ("Rust dev, no crypto, Kubernetes", ("Blockchain",)),
        ("dév Rust, sauf PHP, hors Paris", ("PHP", "Paris")),
        ("dév Rust, ni Java ni Scala", ("Java", "Scala")),
        ("anything but Java", ("Java",)),
        ("Rust dev but not in the US", ("United States",)),
        ("Rust dev, not a manager", ("manager",)),
        ("no marketing", ("marketing",)),
        ("Rust dev, sauf @bob", ("@bob",)),
        ("Java s'abstenir, dév Rust", ("Java",)),
        ("dév Rust sans blockchain", ("Blockchain",)),
        ("Rust dev, no visa, no remote", ()),
        ("Rust dev, no agencies, no recruiters or headhunters", ("agencies", "recruiters", "headhunters")),
        ("Rust dev excluding agencies and freelancers", ("agencies", "freelancers")),
        ("dév Rust, ni freelance ni cabinet de recrutement", ("freelance", "cabinet de recrutement")),
        ("Rust dev, manual testers excluded", ("manual testers",)),
        ("dév Rust ; SAS, surtout pas", ("SAS",)),
        ("Rust dev; React no, Angular never", ("React", "Angular")),
        ("Rust dev, no data scientists", ("Data science",)),
        ("Rust dev, not from the blockchain world", ("Blockchain",)),
        ("Rust dev who isn't in the US", ("United States",)),
        ("dév Rust, rien à voir avec le web", ("Web development",)),
    ],
)
def test_what_is_refused_is_excluded_and_not_searched(text: str, excluded: tuple[str, ...]) -> None:
    read = plan(text)
    assert read.excluded == excluded
    assert read.words in ("Rust", "Rust, Kubernetes", "")


@pytest.mark.parametrize(
    "text",
    [
        "Kotlin dev, not only Android",
        "un dév Kotlin, pas que du Android",
        "pourquoi pas Android, un dév Kotlin",
        "Kotlin dev, n'hésitez pas, Android",
        "dév Kotlin, pas mal de Android",
        "Kotlin dev, Android or not",
        "Kotlin dev, not without Android",
        "Kotlin dev who is not afraid of Android",
        "dév Kotlin, sans oublier Android",
        "We have no Android developers, so a Kotlin dev",
        "Kotlin dev, no Android experience required",
        "Kotlin dev instead of Android",
        "Kotlin dev, Android not needed",
        "moving away from Android, need a Kotlin dev",
        "Kotlin dev who isn't allergic to Excel",
        "Kotlin dev who isn't only a Java developer",
        "non-binary Kotlin developers",
    ],
)
def test_a_word_of_denial_may_refuse_nothing(text: str) -> None:
    read = plan(text)
    assert read.excluded == ()
    assert read.required in (("Kotlin",), ("Kotlin", "Android"), ("Android", "Kotlin"))


def test_what_stands_instead_of_something_is_the_wish() -> None:
    assert plan("rather Vue than React").preferred == ("Vue.js",)
    assert plan("De l'embarqué en Rust plutôt qu'en C").preferred == ("Embedded systems", "Rust")


def test_what_refused_people_do_is_refused_with_them() -> None:
    read = plan("dév Rust à Lyon, pas de consultants en cryptomonnaie")
    assert (read.required, read.preferred, read.excluded) == (("Rust",), (), ("Blockchain",))


def test_a_skill_both_asked_for_and_refused_is_refused_and_a_step_says_so() -> None:
    read = plan("PHP developer, no PHP")
    assert (read.required, read.preferred, read.excluded) == ((), (), ("PHP",))
    assert any("PHP" in step and "refused" in step for step in read.steps)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Rust, Lyon", ("Lyon",)),
        ("Paris", ("Paris",)),
        ("cherche dev rust lyon", ("Lyon",)),
        ("backend developers in Lagos, Nigeria", ("Lagos",)),
        ("Python dev in Paris, Texas", ("Paris, Texas",)),
        ("Berlin-based Python developer", ("Berlin",)),
        ("French developers", ("France",)),
        ("Ingénieur en rendu graphique au Canada", ("Canada",)),
        ("someone in or near Grenoble", ("near Grenoble",)),
        ("dév Go à 50 km de Lyon", ("near Lyon",)),
        ("dév Go en région nantaise", ("near Nantes",)),
        ("developer in the EU", ("EU",)),
        ("Go dev, remote only", ("remote",)),
        ("remote or Paris", ("Paris", "remote")),
        ("Go dev in Lyon, remote possible", ("Lyon", "remote")),
        ("Go dev, remote is fine", ()),  # asks for nothing
        ("a startup based in Lyon is looking for a Go dev", ()),  # where the searcher is
        ("a data scientist for air quality in Delhi", ()),
        ("Mobile developer, nice person", ()),
        ("C developer for microcontrollers near Grenoble", ("near Grenoble",)),
        ("C developer for microcontrollers in Grenoble", ("Grenoble",)),
        ("deux personnes pour un compilateur, niveau expert, Belgique ou Pays-Bas", ("Belgium", "Netherlands")),
        ("dev C#, pas d'ESN, toulouse sud", ("Toulouse",)),
        ("Who in the Netherlands knows Nix?", ("Netherlands",)),
        ("expert PostgreSQL du côté de Bordeaux", ("near Bordeaux",)),
        ("Rust dev, just outside London", ("near London",)),
        ("des gens du Bénin ou du Togo qui font du Flutter", ("Benin", "Togo")),
        ("kubernetes person for 2-3 weeks, uk based", ("United Kingdom",)),
        ("Two Rust developers, both in Hamburg", ("Hamburg",)),
        ("OCaml engineer - Paris - 3 days on site", ("Paris",)),
        ("embedded C in Grenoble or Lyon", ("Grenoble", "Lyon")),
        ("Python à Paris ou télétravail", ("Paris", "remote")),
        ("Python en Suisse ou en France", ("Switzerland", "France")),
        ("open data in Paris", ()),  # what the work is about
        ("cartographie en France ou en Belgique", ("France", "Belgium")),
        ("machine learning à Toulouse", ("Toulouse",)),
        ("data science in Berlin, Python", ("Berlin",)),
        ("Python Paris télétravail", ("Paris", "remote")),
        ("Rust and Kotlin and Haskell in Grenoble", ("Grenoble",)),
    ],
)
def test_a_place_is_where_the_person_is(text: str, places: tuple[str, ...]) -> None:
    assert plan(text).places == places


def test_keywords_are_keywords_however_many_are_joined() -> None:
    read = plan("COBOL and Rust and Haskell and Perl, no JavaScript")
    assert (read.preferred, read.excluded) == (("COBOL", "Rust", "Haskell", "Perl"), ("JavaScript",))


@pytest.mark.parametrize(
    ("text", "skill", "place"),
    [
        ("Rust in Lyon", "Rust", "Lyon"),
        ("rust lyon", "Rust", "Lyon"),
        ("lyon rust", "Rust", "Lyon"),
        ("Paris Python", "Python", "Paris"),  # a capital at the start says nothing
        ("Berlin backend developer", "Backend development", "Berlin"),
        ("Go à Berlin", "Go", "Berlin"),
        ("React près de Nantes", "React", "near Nantes"),
        ("C in Geneva", "C", "Geneva"),
        ("Rust in Lyon, active this year", "Rust", "Lyon"),
    ],
)
def test_a_word_that_means_something_else_too_is_a_skill_beside_a_place(text: str, skill: str, place: str) -> None:
    read = plan(text)
    assert (read.preferred, read.places) == ((skill,), (place,))


def test_iron_in_the_pipes_of_a_town_is_no_skill() -> None:
    read = plan("rust in the pipes of Lyon")
    assert (read.required, read.preferred, read.places) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "seniority"),
    [
        ("senior Go developer", "senior"),
        ("dév Go confirmé", "senior"),
        ("Go developer, 10+ years", "senior"),
        ("10 ans d'expérience en Go", "senior"),
        ("staff engineer, Go", "lead"),
        ("tech lead Go", "lead"),
        ("architecte principal Go", "lead"),
        ("stagiaire Go", "junior"),
        ("graduate software engineer", "junior"),
        ("junior or senior Go developer", None),
        ("Go developer, 5 years", None),
        ("Go developer to lead a team", None),
        ("Go developer, no juniors", None),
        ("deux personnes, niveau expert, Rust", "senior"),
        ("graduate role: embedded C", "junior"),
        ("early-career Rust engineer", "junior"),
        ("Rust developer, débutant accepté", None),
        ("a junior or mid Ruby dev", None),
        ("un technicien pour installer une alarme chez des seniors", None),
    ],
)
def test_the_level_is_the_one_asked_of_the_person(text: str, seniority: str | None) -> None:
    assert plan(text).seniority == seniority


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("Go devs active this year", "2026-01-01"),
        ("dévs Go actifs cette année", "2026-01-01"),
        ("Go devs active in the last 6 months", "2026-01-15"),
        ("dévs Go actifs ces trois derniers mois", "2026-04-15"),
        ("mainteneur Go actif depuis 2024", "2024-01-01"),
        ("Go devs with commits since March 2025", "2025-03-01"),
        ("dév Go actif récemment", "2025-07-15"),
        ("Go dev in Paris since 2024", None),
        ("Go dev for active directory", None),
    ],
)
def test_activity_is_a_day(text: str, since: str | None) -> None:
    assert plan(text).active_since == since


@pytest.mark.parametrize(
    ("text", "followers"),
    [
        ("at least 50 followers", 50),
        ("plus de 1 000 abonnés", 1000),
        ("1k+ followers", 1000),
        ("1.5k followers", 1500),
        ("followers > 200", 200),
        ("less than 50 followers", None),
    ],
)
def test_followers_are_a_number(text: str, followers: int | None) -> None:
    read = plan(f"Go developer, {text}")
    assert (read.min_followers, read.words) == (followers, "Go")


@pytest.mark.parametrize(
    ("text", "hireable"),
    [
        ("Haskell à Brest, ouverte à un nouveau poste", True),
        ("Go dev open to work", True),
        ("dév Go disponible", True),
        ("Go dev looking for a job", True),
        ("dév Go à l'écoute du marché", True),
        ("Go dev for highly available clusters", None),
        ("Go dev looking for a job scheduler bug", None),
        ("dév Kubernetes disponible dès septembre", True),
        ("Flutter dev, can start next week", True),
    ],
)
def test_being_open_to_work_is_said_of_people(text: str, hireable: bool | None) -> None:
    assert plan(text).hireable is hireable


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("quelqu'un comme @Ada-L", ("Ada-L",)),
        ("profil similaire à @a et @b", ("a", "b")),
        ("similar to https://github.com/some-one", ("some-one",)),
        ("@someone", ("someone",)),
        ("not like @bob, a Go dev", ()),
        ("similar to https://github.com/owner/repository", ()),
        ("write to someone@example", ()),
        ("quelqu'un du même genre que @sable-fin", ("sable-fin",)),
        ("@night-heron's sort of profile", ("night-heron",)),
    ],
)
def test_people_to_compare_with_are_logins(text: str, like: tuple[str, ...]) -> None:
    assert plan(text).like == like


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bonjour, je cherche un développeur embarqué, merci", "développeur embarqué"),
        ("I need someone who builds solar trackers in Rust", "builds solar trackers in Rust"),
        ("audio programmer in Montreal", "audio programmer"),
        ("developer in Montreal", "developer"),
        ("no PHP", ""),
        ("React developer, 5 years, CDI, salary 60k", "React"),
    ],
)
def test_the_words_are_the_need_without_what_was_understood(text: str, words: str) -> None:
    assert plan(text).words == words


def test_what_changed_nothing_is_told() -> None:
    assert set(plan("React developer, 5 years, CDI").ignored) == {"5 years", "CDI"}


ADVERTISEMENT = """Senior Rust Engineer (m/f/d) - Lyon

About us
We are a bank in Paris. We love PHP and Java.

Your role
- Build the ledger in Rust
- Run it on Kubernetes

Requirements:
- Rust and PostgreSQL
- Kafka or RabbitMQ
- No COBOL

Nice to have
- Terraform

Benefits
- 30 days of holidays, Python club
"""


def test_an_advertisement_is_read_by_its_headings() -> None:
    read = plan(ADVERTISEMENT)
    assert read.required == ("Rust", "PostgreSQL")
    assert {"Kubernetes", "Apache Kafka", "Message queues", "Terraform"} <= set(read.preferred)
    assert (read.excluded, read.places, read.seniority) == (("COBOL",), ("Lyon",), "senior")
    assert not {"PHP", "Java", "Python"} & {*read.required, *read.preferred}
    assert "ledger" in read.words
    assert "bank" not in read.words
    assert "holidays" not in read.words


INFORMAL = """Job offer
Backend Engineer (Python) – Lyon

You'd be:
- running our Kafka clusters

You'll fit right in if you
- write Django daily
- know PostgreSQL

Not required, but lovely
- Celery

What we don't need:
- React

The deal
- Ruby club
"""


def test_headings_that_no_list_has_are_known_by_what_they_say() -> None:
    read = plan(INFORMAL)
    assert read.required == ("Python", "Django", "PostgreSQL")
    assert "Celery" in read.preferred
    assert read.places == ("Lyon",)
    assert "React" not in {*read.required, *read.preferred, *read.excluded}
    assert "Job offer" not in read.words
    assert "React" not in read.words


def test_the_words_of_a_long_advertisement_are_few() -> None:
    text = ADVERTISEMENT.replace("- Kafka or RabbitMQ", "- Kafka or RabbitMQ\n" * 200)
    assert len(plan(text).words) <= 700


def test_no_phrase_steers_in_two_ways() -> None:
    """`cues.json` gives every phrase one kind; the first one would silently win."""
    for kind, phrases in cue_words().sets.items():
        for phrase in phrases:
            found = cue_words().longest(keys_of(phrase), [0] * len(keys_of(phrase)), 0) if phrase else None
            if found is not None and found[1] == len(keys_of(phrase)) and kind in TREE_KINDS:
                assert found[0] == kind or phrase == "a", (phrase, kind, found)


TREE_KINDS = frozenset(
    (
        "seek weak_seek not_seek someone person for of our company article and or nor but who with in near residence "
        "know do work_on wish wish_after must must_after unneeded unneeded_before instead about_to_move plain refuse "
        "refuse_after junior senior lead courtesy contract example"
    ).split()
)


@settings(deadline=None, max_examples=400)
@given(NEEDS)
def test_any_text_has_a_plan_that_keeps_its_promises(text: str) -> None:
    read = plan(text)
    assert read == plan(text)
    assert set(read.required) <= NAMES
    assert all(name in NAMES or read_label(name) for name in read.preferred)
    assert not set(read.excluded) & {*read.required, *read.preferred}
    assert not set(read.required) & set(read.preferred)
    assert set(read.languages) <= {*read.required, *read.preferred}
    assert all(read_label(label) for label in read.places)
    assert len(read.ignored) <= 20
    assert 1 <= len(read.steps) <= 12
    for names in (read.required, read.preferred, read.excluded, read.places, read.like):
        assert len(set(names)) == len(names)


LONGEST = "no ;pas de ;ideally ;dev ;Rust, ;Rust ou ;@a ;like @a ;1 000 ;(;e.;10 ans ;a\n;Lyon ou ;0;C/;Requirements:\n"


@pytest.mark.parametrize("piece", [*LONGEST.split(";"), "last 6 ", "région lyonnaise ", "\ud800", "中", "- "])
def test_the_longest_texts_are_planned_in_linear_time(piece: str) -> None:
    """Eight thousand characters of anything take well under a second, on a busy machine too."""
    text = (piece * 8_000)[:8_000]
    started = time.perf_counter()
    plan(text)
    assert time.perf_counter() - started < 1.5


def test_a_sentence_is_planned_in_a_few_milliseconds() -> None:
    """Measured 0.3 to 0.6 ms; the bound leaves room for a busy machine."""
    sentence = "Cherche dév Rust senior à Lyon ou télétravail, systèmes embarqués, pas de crypto"
    plan(sentence)
    times = []
    for _ in range(20):
        started = time.perf_counter()
        plan(sentence)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.004
