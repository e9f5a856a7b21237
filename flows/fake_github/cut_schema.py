"""Cuts GitHub's public GraphQL schema down to what the fake serves: `python -m flows.fake_github.cut_schema SCHEMA`.

SCHEMA is `schema.graphql` of the npm package `@octokit/graphql-schema` (MIT):
`npm pack @octokit/graphql-schema@15.26.1`.
A field stays when the type that it gives stays, whatever its arguments; so every query over the cut is a query over the
whole, with the same nullability, deprecations and defaults. Descriptions go: they are nine tenths of the file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    parse,
    print_ast,
    print_schema,
    strip_ignored_characters,
)

SOURCE = "@octokit/graphql-schema 15.26.1"
QUERY = "node nodes organization rateLimit relay repository repositoryOwner search user viewer id".split()
OBJECTS = frozenset(
    """
    Query PageInfo RateLimit
    SearchResultItemConnection SearchResultItemEdge TextMatch TextMatchHighlight
    User UserConnection UserEdge UserStatus UserStatusConnection UserStatusEdge
    FollowerConnection FollowingConnection SocialAccount SocialAccountConnection SocialAccountEdge Bot
    Organization OrganizationConnection OrganizationEdge OrganizationMemberConnection OrganizationMemberEdge
    Repository RepositoryConnection RepositoryEdge StarredRepositoryConnection StarredRepositoryEdge
    RepositoryCollaboratorConnection RepositoryCollaboratorEdge StargazerConnection StargazerEdge
    PinnableItemConnection PinnableItemEdge ProfileItemShowcase
    Language LanguageConnection LanguageEdge License
    Topic RepositoryTopic RepositoryTopicConnection RepositoryTopicEdge
    Ref RefConnection RefEdge Commit CommitConnection CommitHistoryConnection CommitEdge GitActor Blob Tree TreeEntry
    Release ReleaseConnection ReleaseEdge
    Issue IssueConnection IssueEdge PullRequest PullRequestConnection PullRequestEdge
    Gist GistConnection GistEdge
    ContributionsCollection ContributionCalendar ContributionCalendarDay ContributionCalendarMonth
    ContributionCalendarWeek CommitContributionsByRepository CreatedCommitContribution
    CreatedCommitContributionConnection CreatedCommitContributionEdge
    IssueContributionsByRepository PullRequestContributionsByRepository PullRequestReviewContributionsByRepository
    CreatedIssueContribution CreatedIssueContributionConnection CreatedIssueContributionEdge
    CreatedPullRequestContribution CreatedPullRequestContributionConnection CreatedPullRequestContributionEdge
    CreatedRepositoryContribution CreatedRepositoryContributionConnection CreatedRepositoryContributionEdge
    JoinedGitHubContribution RestrictedContribution
    """.split()
)


def cut(schema: GraphQLSchema) -> str:
    """The smaller schema, one definition after the other by name."""
    kept: dict[str, GraphQLNamedType] = {name: schema.type_map[name] for name in OBJECTS}
    for kind in list(kept.values()):
        for interface in cast(GraphQLObjectType, kind).interfaces:
            kept[interface.name] = interface
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLUnionType) and any(member.name in kept for member in kind.types):
            kept[name] = kind
    for kind in list(kept.values()):
        _cut_one(kind, kept)
    _without_hollow(kept)
    query = cast(GraphQLObjectType, kept["Query"])
    return print_schema(GraphQLSchema(query=query, types=[kind for _, kind in sorted(kept.items())]))


def _cut_one(kind: GraphQLNamedType, kept: dict[str, GraphQLNamedType]) -> None:
    if isinstance(kind, GraphQLUnionType):
        kind.types = tuple(member for member in kind.types if member.name in kept)
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return
    for name, field in list(kind.fields.items()):
        given = get_named_type(field.type)
        is_leaf = isinstance(given, GraphQLScalarType | GraphQLEnumType)
        is_asked = kind.name != "Query" or name in QUERY
        if not is_asked or not (is_leaf or given.name in kept):
            del kind.fields[name]


def _without_hollow(kept: dict[str, GraphQLNamedType]) -> None:
    """Take out the interfaces that have no field left and the unions that no field gives."""
    composite = [kind for kind in kept.values() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)]
    given = {get_named_type(field.type).name for kind in composite for field in kind.fields.values()}
    for name, kind in list(kept.items()):
        is_hollow = isinstance(kind, GraphQLInterfaceType) and not kind.fields
        if is_hollow or (isinstance(kind, GraphQLUnionType) and name not in given):
            del kept[name]
    for kind in composite:
        kind.interfaces = tuple(interface for interface in kind.interfaces if interface.name in kept)


def without_descriptions(text: str) -> str:
    """The same definitions with nothing said about them, a line each."""
    document = parse(text, no_location=True)
    definitions = []
    for definition in document.definitions:
        _undescribe(definition)
        definitions.append(strip_ignored_characters(print_ast(definition)))
    return "\n".join(definitions) + "\n"


def _undescribe(node: object) -> None:
    if hasattr(node, "description"):
        node.description = None
    for name in ("fields", "arguments", "values"):
        for child in getattr(node, name, None) or ():
            _undescribe(child)


def main(arguments: list[str]) -> int:
    """Write the cut beside this module."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m flows.fake_github.cut_schema SCHEMA.graphql\n")
        return 2
    whole = build_schema(Path(arguments[0]).read_text(encoding="utf-8"), assume_valid=True)
    header = f"# Cut from {SOURCE} (MIT) by flows/fake_github/cut_schema.py; do not edit.\n"
    target = Path(__file__).with_name("schema.graphql")
    target.write_text(header + without_descriptions(cut(whole)), encoding="utf-8")
    sys.stdout.write(f"{target.name}: {target.stat().st_size:,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
