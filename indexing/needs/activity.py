"""Since when the person sought has been active, and whether they are open to work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from indexing.needs.stated import NUMBER_WORDS, Stated

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january janvier jan janv", "february fevrier feb fev", "march mars mar", "april avril apr avr", "may mai",
            "june juin jun", "july juillet jul juil", "august aout aug", "september septembre sep sept",
            "october octobre oct", "november novembre nov", "december decembre dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH: Final = "|".join(name for name in _MONTHS if len(name) > 3 or name == "mai")
_ACTIVE: Final = re.compile(
    r"\b(?:(?:still |encore |toujours |tres |very |be |etre |been |reste |restee? |qui (?:est|soit) )*"
    r"(?:actif|actifs|active|actives)|(?:ayant |a |qui a |has |having |who has |recent )?"
    r"(?:commite?|committed|commits?|contribue|contributed|contributions?|pushed|publie|code|activity|activite))\b"
)
_WHEN: Final = re.compile(
    r"[ ,]{0,2}(?:(?:on|sur) github |est |is |de |du |within |over |during |in |dans |au cours |durant |pendant |"
    r"something |du code |code |quelque chose |ses |projets? |projects? |open source )*"
    r"(?:(?P<this>this year|cette annee|l'annee en cours)|(?P<thismonth>this month|ce mois(?:-ci)?)|"
    r"(?P<lastyear>last year|l'an dernier|l'annee derniere)|"
    r"(?:the |these |les |des |ces )?(?:last |past |previous )?(?P<count>\d{1,3}|[a-z]{2,8}) "
    r"(?:last |past |derniers? |dernieres? )?"
    r"(?P<unit>days?|weeks?|months?|years?|jours?|semaines?|mois|ans|annees?)(?: derniers?| dernieres?)?|"
    r"(?:the |la |le )?(?:last |past |derniere |dernier )(?P<one>day|week|month|year|semaine|mois|annee|an)|"
    r"(?:since|depuis|after|apres)(?: le| the| debut| early)? (?:(?P<day>\d{1,2})(?:er)? )?"
    r"(?:(?P<month>[a-z]{3,9})\.? )?(?P<year>20\d\d)(?:-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?)?|"
    r"(?:en|in) (?P<inyear>20\d\d)|(?P<recent>recently|recemment|lately|dernierement|ces derniers temps|"
    r"en ce moment|currently|actuellement|these days|right now))\b"
)
_PAST: Final = re.compile(r"last|past|previous|dernier|ces |les |within")
_RECENT: Final = re.compile(
    r"\b(?:(?:recently|currently|still) active|(?:toujours|encore|recemment) acti(?:f|fs|ve|ves)|recent activity|"
    r"activite recente|recent commits|commits recents|recently contributed)\b"
)
_RECENT_MONTHS: Final = 12
_ENDING: Final = r"(?= ?(?:$|[,.;:!?)\n]|(?:in|and|or|who|with|et|pour|a|ou|en|dans|avec) ))"
_HIREABLE: Final = re.compile(
    r"\b(?:(?:who is |who's |qui est |qui soit |is |and |currently |actuellement )?(?:"
    r"open to (?:work|new opportunities|opportunities|offers|hire|being hired)|hireable|available for (?:hire|work)|"
    r"(?:(?:available|dispo(?:nibles?)?) (?:from|in|as of|starting|des|en|debut|fin|a partir d[eu']|a compter d[eu'])"
    rf"(?: ?(?:le )?(?:\d{{1,2}}(?:er)? )?)?(?:{_MONTH})|"
    r"(?:can|could|able to|ready to|who can) start (?:now|asap|soon|immediately|right away|today|tomorrow|next week|"
    rf"next month|this month|in (?:{_MONTH}))|"
    r"(?:peut|pouvant|pourrait|prete? a) (?:commencer|demarrer) (?:de suite|tout de suite|immediatement|rapidement|"
    r"vite|des que possible|maintenant|demain|"
    rf"la semaine prochaine|le mois prochain|en (?:{_MONTH})|des (?:{_MONTH})))|"
    r"available (?:now|immediately|right away|right now|soon|asap|this month|next month)|immediately available|"
    r"(?:actively )?(?:looking for|seeking) (?:a (?:new )?job|a new (?:position|role|challenge)|work|"
    rf"new opportunities|employment){_ENDING}|on the job market|job[- ]seeking|on the market|"
    rf"a l'ecoute (?:du marche|d'opportunites)|a l'ecoute{_ENDING}|"
    r"en recherche (?:(?:active )?(?:d'emploi|de poste|de mission)|active)|en poste ou disponible|"
    r"(?:qui cherche|cherchant) (?:du travail|un emploi|un poste|un job)|"
    r"ouverte?s? (?:a de nouvelles opportunites|aux opportunites|aux propositions|au marche|"
    r"a une? (?:nouveau |nouvel |nouvelle )?(?:poste|emploi|mission|opportunite))|"
    r"dispo(?:nibles?)?(?: (?:immediatement|tout de suite|rapidement|vite|au plus vite|de suite|maintenant|"
    rf"des (?:maintenant|que possible)|sous peu|a l'embauche|en ce moment))?{_ENDING}))"
)
_AVAILABLE_ALONE: Final = re.compile(r"(?:^|[,;\n] ?|who is |who's )(available)(?= ?(?:$|[,.;!\n]))")
_NOT_AVAILABLE: Final = re.compile(r"(?:not|pas|freely|librement|highly|hautement|rendre|code|est) ?$")
_WORDS_LOOKED_BACK: Final = 12


def find_activity(folded: str, today: date) -> Iterator[Stated]:
    """The days since which someone must have been active."""
    for match in _ACTIVE.finditer(folded):
        when = _WHEN.match(folded, match.end())
        since = None if when is None else _since(when, today)
        if when is not None and since is not None:
            yield Stated("active", match.start(), when.end(), since.isoformat())
    for match in _RECENT.finditer(folded):
        yield Stated("active", match.start(), match.end(), _months_ago(today, _RECENT_MONTHS).isoformat())


def find_hireable(folded: str) -> Iterator[Stated]:
    """Where the person sought is said to be open to work; "highly available" is said of machines."""
    for match in _HIREABLE.finditer(folded):
        if not _NOT_AVAILABLE.search(folded[max(0, match.start() - _WORDS_LOOKED_BACK) : match.start()]):
            yield Stated("hireable", match.start(), match.end(), 1)
    for match in _AVAILABLE_ALONE.finditer(folded):
        yield Stated("hireable", match.start(1), match.end(1), 1)


def _since(when: re.Match[str], today: date) -> date | None:
    if when["this"]:
        return date(today.year, 1, 1)
    if when["thismonth"]:
        return today.replace(day=1)
    if when["lastyear"]:
        return date(today.year - 1, 1, 1)
    if when["recent"]:
        return _months_ago(today, _RECENT_MONTHS)
    if when["inyear"]:
        return date(int(when["inyear"]), 1, 1)
    if when["year"]:
        return _written(when)
    if when["unit"] and not _PAST.search(when[0]):
        return None
    count = when["count"] or "1"
    number = int(count) if count.isdigit() else NUMBER_WORDS.get(count, 0)
    return _before(today, when["unit"] or when["one"], number) if number else None


def _written(when: re.Match[str]) -> date | None:
    month = int(when["iso_month"]) if when["iso_month"] else _MONTHS.get(when["month"] or "january")
    try:
        return None if month is None else date(int(when["year"]), month, int(when["iso_day"] or when["day"] or 1))
    except ValueError:
        return None


def _before(today: date, unit: str, number: int) -> date:
    if unit.startswith(("day", "jour")):
        return today - timedelta(days=number)
    if unit.startswith(("week", "semaine")):
        return today - timedelta(weeks=number)
    return _months_ago(today, number if unit.startswith("mo") else number * 12)


def _months_ago(today: date, months: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    days = (
        (29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28)
        if month == 1
        else 30 + (month not in (3, 5, 8, 10))
    )
    return date(max(1, year), month + 1, min(today.day, days))
