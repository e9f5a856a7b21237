"""What a need states in numbers and dates, and whom it names: followers, years, activity, availability, logins."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, NamedTuple

_NUMBERS: Final = {
    word: number
    for words, number in (
        ("a an one un une", 1), ("two deux couple", 2), ("three trois few quelques", 3), ("four quatre", 4),
        ("five cinq", 5), ("six", 6), ("seven sept", 7), ("eight huit", 8), ("nine neuf", 9), ("ten dix", 10),
        ("twelve douze", 12), ("fifteen quinze", 15), ("eighteen", 18), ("twenty vingt", 20), ("fifty cinquante", 50),
        ("hundred cent", 100), ("thousand mille", 1000),
    )
    for word in words.split()
}  # fmt: skip
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
_NUMBER: Final = (
    r"(?:(\d{1,3}(?:[ .,]\d{3})+|\d{1,7}(?:[.,]\d)?) ?(k)?|"
    r"\b(a hundred|a thousand|cent|mille|fifty|cinquante|hundred|thousand|twenty|vingt|ten|dix))"
)
_FOLLOWERS: Final = re.compile(
    rf"(?:\b(less than|fewer than|under|below|at most|moins de|au plus|maximum) )?(?:\b(?:at least|a minimum of|minimum|"
    rf"min|more than|over|above|no less than|no fewer than|not less than|au moins|plus de|pas moins de|avec plus de) )?"
    rf"(?:>=? ?|≥ ?)?(?<![\w.,]){_NUMBER}(?: ?\+| or more| ou plus| et plus)? ?"
    rf"(?:github )?(?:followers?|abonne(?:e?s)?|suiveurs|followeurs)\b(?: github| on github| sur github)?"
    rf"(?: minimum| min\b| au moins| or more| ou plus| et plus| at least)?"
)
_FOLLOWERS_AFTER: Final = re.compile(
    r"\b(?:followers?|abonnes) ?(?::|>=?|≥|at least|au moins|over|min(?:imum)?) ?(\d{1,7}(?:[.,]\d)?) ?(k)?\b\+?"
)
_YEARS: Final = re.compile(
    r"\b(?:(?:with |avec |of )?(?:at least|more than|over|minimum|min|au moins|plus de|pres de|environ|about) )?"
    r"(?:(\d{1,2})(?: ?(?:-|–|to|a) ?\d{1,2})?|(" + "|".join(word for word in _NUMBERS if len(word) > 2) + r"|six))"
    r" ?(\+)? ?(?:ou plus )?(?:years?|yrs?|yoe|ans|annees)\b ?(\+)?(?: minimum| min\b| or more| et plus| ou plus)?"
    r"((?: ?'? ?(?:of|d)[ '])?(?: ?(?:(?:professional|relevant|prior|solid|solide|solides|bonnes?) )?"
    r"(?:experiences?|exp\b|xp\b|pratique|metier|anciennete))(?: minimum)?)?"
)
_ACTIVE_WORD: Final = re.compile(
    r"\b(?:(?:still |encore |toujours |tres |very |be |etre |been |reste |restee? |qui (?:est|soit) )*"
    r"(?:actif|actifs|active|actives)|(?:ayant |a |qui a |has |having |who has |recent )?"
    r"(?:commite?|committed|commits?|contribue|contributed|contributions?|pushed|publie|code|activity|activite))\b"
)
_WHEN: Final = re.compile(
    r"[ ,]{0,2}(?:(?:on|sur) github |est |is |de |du |within |over |during |in |dans |au cours |durant |pendant |"
    r"someth?ing |du code |something |code |quelque chose |ses |projets? |projects? |open source )*"
    r"(?:(?P<this>this year|cette annee|l'annee en cours)|(?P<thismonth>this month|ce mois(?:-ci)?)|"
    r"(?P<lastyear>last year|l'an dernier|l'annee derniere)|"
    r"(?:the |these |les |des |ces )?(?:last |past |previous )?(?P<count>\d{1,3}|[a-z]{2,8}) (?:last |past |derniers? |"
    r"dernieres? )?(?P<unit>days?|weeks?|months?|years?|jours?|semaines?|mois|ans|annees?)(?P<after> derniers?| dernieres?)?|"
    r"(?:the |la |le )?(?:last |past |derniere |dernier )(?P<one>day|week|month|year|semaine|mois|annee|an)|"
    r"(?:since|depuis|after|apres)(?: le| the| debut| early)? (?:(?P<day>\d{1,2})(?:er)? )?"
    r"(?:(?P<month>[a-z]{3,9})\.? )?(?P<year>20\d\d)(?:-(?P<iso_month>\d\d)(?:-(?P<iso_day>\d\d))?)?|"
    r"(?:en|in) (?P<inyear>20\d\d)|(?P<recent>recently|recemment|lately|dernierement|ces derniers temps|"
    r"en ce moment|currently|actuellement|these days|right now))\b"
)
_RECENT: Final = re.compile(
    r"\b(?:recently active|currently active|still active|toujours actif|toujours active|toujours actifs|encore actif|"
    r"encore active|recemment actif|recemment active|recent activity|activite recente|recent commits|commits recents|"
    r"recently contributed)\b"
)
_HIREABLE: Final = re.compile(
    r"\b(?:(?:who is |who's |qui est |qui soit |is |and |currently |actuellement )?(?:open to (?:work|new opportunities|"
    r"opportunities|offers|hire|being hired)|hireable|available for (?:hire|work)|available (?:now|immediately|"
    r"right away|right now|soon|asap|this month|next month)|immediately available|(?:actively )?(?:looking for|seeking) "
    r"(?:a (?:new )?job|a new (?:position|role|challenge)|work|new opportunities|employment)(?= ?(?:$|[,.;:!?)\n]|"
    r"in |and |or |who |with ))|on the job market|job[- ]seeking|on the market|a l'ecoute du marche|"
    r"a l'ecoute d'opportunites|a l'ecoute(?= ?(?:$|[,.;!)\n]))|en recherche (?:active )?(?:d'emploi|de poste|de mission)|"
    r"en recherche active|en poste ou disponible|cherchant (?:du travail|un emploi|un poste)|"
    r"qui cherche (?:du travail|un emploi|un poste|un job)|ouvert(?:e|s|es)? (?:a de nouvelles opportunites|"
    r"aux opportunites|aux propositions|au marche)|disponibles?(?: (?:immediatement|tout de suite|rapidement|de suite|"
    r"maintenant|des (?:maintenant|que possible)|sous peu|a l'embauche|en ce moment))?(?= ?(?:$|[,.;:!?)\n]|et |pour |a |"
    r"ou |en |dans |avec ))|dispo(?: de suite| immediatement| rapidement| maintenant)?(?= ?(?:$|[,.;!)\n]))))"
)
_AVAILABLE_ALONE: Final = re.compile(r"(?:^|[,;\n] ?|who is |who's )(available)(?= ?(?:$|[,.;!\n]))")
_NOT_AVAILABLE: Final = re.compile(r"(?:not|pas|freely|librement|highly|hautement|rendre|code|est) ?$")
_HANDLE: Final = r"(?:@([a-z0-9][a-z0-9-]{0,38})(?![\w@/])(?!\.\w)|(?:https?://)?(?:www\.)?github\.com/([a-z0-9][a-z0-9-]{0,38})(?![\w-])(?!/\w)/?)"
_LIKE: Final = re.compile(
    r"\b(?:exactly |un peu |a bit |just |more )?(?:like|comme|similar to|similaires? (?:a|au profil de)|in the style of|"
    r"dans le (?:style|genre) de|du (?:style|genre|type) de|dans la lignee de|along the lines of|proche du profil de|"
    r"profil de|a la maniere de|comparable to|comparable a|resembles?|resembling|qui ressemble a|ressemblant a|"
    r"equivalent (?:to|de|a)|clone of|same profile as|meme profil que|such as|as good as|aussi bon que|genre|type|style|"
    rf"facon) (?:(?:le profil|the profile) (?:de|of) )?{_HANDLE}"
)
_ANOTHER: Final = re.compile(rf"(?: ?,| ?/| and| or| et| ou) ?{_HANDLE}")
_LOGIN: Final = re.compile(rf"(?<![\w./@-]){_HANDLE}")
_GENDERS: Final = re.compile(r"\(? ?\b[hfmw] ?/ ?[hfmwdx](?: ?/ ?[hfmwdxn])?\b ?\)?")  # "(H/F)", "m/f/d"
_SENIOR_YEARS: Final = 7  # "5 years" is asked of nearly everyone; ten are asked of few


class Stated(NamedTuple):
    """A number, date, availability or person that a text states; `value` is a number, an ISO date or a login."""

    kind: str
    start: int
    end: int
    value: int | str | None = None
    logins: tuple[str, ...] = ()


def find_stated(text: str, folded: str, today: date) -> list[Stated]:
    """What a text states, in order, without overlap."""
    found = [*_likes(text, folded), *_followers(folded), *_activity(folded, today), *_hireable(folded)]
    found += [*_years(folded), *(Stated("title", *match.span(), 1) for match in _GENDERS.finditer(folded))]
    kept: list[Stated] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _likes(text: str, folded: str) -> list[Stated]:
    if "@" not in folded and "github.com/" not in folded:
        return []
    found = []
    for match in _LIKE.finditer(folded):
        logins, end = [_login(text, match)], match.end()
        while (more := _ANOTHER.match(folded, end)) is not None:
            logins.append(_login(text, more))
            end = more.end()
        found.append(Stated("like", match.start(), end, logins=tuple(logins)))
    logins = (Stated("login", *match.span(), logins=(_login(text, match),)) for match in _LOGIN.finditer(folded))
    return [*found, *logins]  # those within a likeness overlap it, and go


def _login(text: str, match: re.Match[str]) -> str:
    group = 1 if match.start(1) >= 0 else 2
    return text[match.start(group) : match.end(group)].rstrip("-")


def _followers(folded: str) -> list[Stated]:
    if "follow" not in folded and "abonne" not in folded and "suiveurs" not in folded:
        return []
    found = []
    for match in _FOLLOWERS.finditer(folded):
        count = _count(match[2], match[3], match[4])
        found.append(Stated("followers", match.start(), match.end(), None if match[1] else count))
    for match in _FOLLOWERS_AFTER.finditer(folded):
        found.append(Stated("followers", match.start(), match.end(), _count(match[1], match[2], None)))
    return found


def _count(digits: str | None, thousands: str | None, word: str | None) -> int:
    if word is not None:
        return _NUMBERS[word.split()[-1]]
    assert digits is not None  # noqa: S101
    if thousands:
        return round(float(digits.replace(" ", "").replace(",", ".")) * 1000)
    return int(re.sub(r"[ .,](?=\d{3})", "", digits).split(".")[0].split(",")[0])


def _years(folded: str) -> list[Stated]:
    found = []
    for match in _YEARS.finditer(folded):
        following = folded[match.end() : match.end() + 1]
        if not (match[3] or match[4] or match[5] or following in ("", ",", ".", ";", ")", "\n", "!")):
            if not folded.startswith((" in ", " with ", " de ", " en ", " as ", " d'"), match.end()) or not match[1]:
                continue
        if re.search(r"(?:last|past|derniers|derniere|old|ces|for|les|the|depuis|every|last few) $", folded[: match.start()][-12:]):
            continue
        years = int(match[1]) if match[1] else _NUMBERS.get(match[2], 0)
        found.append(Stated("years", match.start(), match.end(), "senior" if years >= _SENIOR_YEARS else None))
    return found


def _activity(folded: str, today: date) -> list[Stated]:
    found = []
    for match in _ACTIVE_WORD.finditer(folded):
        when = _WHEN.match(folded, match.end())
        since = None if when is None else _since(when, today)
        if when is not None and since is not None:
            found.append(Stated("active", match.start(), when.end(), since.isoformat()))
    for match in _RECENT.finditer(folded):
        found.append(Stated("active", match.start(), match.end(), _months_ago(today, 12).isoformat()))
    return found


def _since(when: re.Match[str], today: date) -> date | None:
    if when["this"]:
        return date(today.year, 1, 1)
    if when["thismonth"]:
        return today.replace(day=1)
    if when["lastyear"]:
        return date(today.year - 1, 1, 1)
    if when["recent"]:
        return _months_ago(today, 12)
    if when["inyear"]:
        return date(int(when["inyear"]), 1, 1)
    if when["year"]:
        return _written(when)
    unit = when["unit"] or when["one"]
    if when["unit"] and not re.search(r"last|past|previous|dernier|ces |les ", when[0]) and "within" not in when[0]:
        return None
    count = when["count"] or "1"
    number = int(count) if count.isdigit() else _NUMBERS.get(count, 0)
    return _before(today, unit, number) if number else None


def _written(when: re.Match[str]) -> date | None:
    month = int(when["iso_month"]) if when["iso_month"] else _MONTHS.get(when["month"] or "january")
    day = int(when["iso_day"] or when["day"] or 1)
    try:
        return None if month is None else date(int(when["year"]), month, day)
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
    year = max(1, year)
    for day in (today.day, 30, 29, 28):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    return date(year, month + 1, 1)


def _hireable(folded: str) -> list[Stated]:
    found = []
    for match in _HIREABLE.finditer(folded):
        if not _NOT_AVAILABLE.search(folded[max(0, match.start() - 12) : match.start()]):
            found.append(Stated("hireable", match.start(), match.end(), 1))
    for match in _AVAILABLE_ALONE.finditer(folded):
        found.append(Stated("hireable", match.start(1), match.end(1), 1))
    return found
