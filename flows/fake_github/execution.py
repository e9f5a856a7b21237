"""Answers GraphQL with graphql-core: documents are read and validated once, and plain values are not dressed up.

A page of fifty people with twenty repositories each has tens of thousands of values in it, and graphql-core asks a
resolver for each. Here a leaf is taken from its dictionary directly, and fields that nobody resolves have a default.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionContext,
    ExecutionResult,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute,
    get_named_type,
    get_nullable_type,
    parse,
    validate,
)
from graphql.pyutils import Path

from flows.fake_github.pages import paged
from flows.fake_github.resolvers import RESOLVERS

_NO_LEAF = object()
_DEFAULTS: dict[str, Any] = {"Int": 0, "Boolean": False, "DateTime": "2020-01-01T00:00:00Z", "Date": "2020-01-01",
                             "BigInt": "0", "Float": 0.0, "GitTimestamp": "2020-01-01T00:00:00Z"}  # fmt: skip


@cache
def schema() -> GraphQLSchema:
    """GitHub's schema as cut, with who answers what."""
    text = files("flows.fake_github").joinpath("schema.graphql").read_text(encoding="utf-8")
    built = build_schema(text, assume_valid=True)
    for kind in built.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            known = RESOLVERS.get(kind.name, {})
            for name, field in kind.fields.items():
                given = get_named_type(field.type)
                if name in known:
                    field.resolve = known[name]
                elif given.name.endswith("Connection"):
                    field.resolve = _connection
    return built


@cache
def _leaves(kind: str) -> dict[str, Any]:
    """The fields of a type that are read as they are, with what stands in for what nobody knows."""
    found = schema().type_map[kind]
    fields = found.fields if isinstance(found, GraphQLObjectType) and not kind.startswith("__") else {}
    return {
        name: _default(field.type)
        for name, field in fields.items()
        if isinstance(get_named_type(field.type), GraphQLScalarType | GraphQLEnumType)
    }


def _default(kind: Any) -> Any:
    if not isinstance(kind, GraphQLNonNull):
        return None
    inner = get_nullable_type(kind)
    if isinstance(inner, GraphQLList):
        return []
    return next(iter(inner.values)) if isinstance(inner, GraphQLEnumType) else _DEFAULTS.get(inner.name, "")


def _connection(source: Any, info: GraphQLResolveInfo, **arguments: Any) -> Any:
    """A connection that the source holds, or an empty one."""
    held = source.get(info.field_name) if source else None
    return held if held is not None else paged([], info, arguments, lambda each: each)


class Context(ExecutionContext):
    """An execution that reads leaves without a resolver."""

    def execute_fields(
        self, parent_type: GraphQLObjectType, source_value: Any, path: Path | None, fields: dict[str, list[FieldNode]]
    ) -> dict[str, Any]:
        """The values of one object, leaves first taken as they are."""
        leaves = _leaves(parent_type.name)
        values: dict[str, Any] = {}
        for key, nodes in fields.items():
            name = nodes[0].name.value
            default = leaves.get(name, _NO_LEAF)
            if default is not _NO_LEAF:
                value = source_value.get(name, default) if source_value else default
                values[key] = default if value is None else value
            elif name == "__typename":
                values[key] = parent_type.name
            else:
                values[key] = self.execute_field(parent_type, source_value, nodes, Path(path, key, parent_type.name))
        return values


def _field(source: Any, info: GraphQLResolveInfo, **_: Any) -> Any:
    """An object that the source holds; an empty one where null is not allowed."""
    held = source.get(info.field_name) if source else None
    if held is None and isinstance(info.return_type, GraphQLNonNull):
        return [] if isinstance(info.return_type.of_type, GraphQLList) else {}
    return held


def _type(value: Any, _info: GraphQLResolveInfo, _abstract: Any) -> str:
    name: str = value["__typename"]
    return name


@lru_cache(maxsize=256)
def document(text: str) -> DocumentNode | list[GraphQLError]:
    """A query read and validated, or what is wrong with it."""
    try:
        parsed = parse(text)
    except GraphQLError as error:
        return [error]
    return validate(schema(), parsed) or parsed


def answer(parsed: DocumentNode, asking: Any, variables: dict[str, Any], operation: str | None) -> ExecutionResult:
    """The answer to a valid query."""
    result = execute(
        schema(),
        parsed,
        root_value={},
        context_value=asking,
        variable_values=variables,
        operation_name=operation,
        field_resolver=_field,
        type_resolver=_type,
        execution_context_class=Context,
        is_awaitable=lambda _: False,
    )
    return cast(ExecutionResult, result)


def told(error: GraphQLError) -> dict[str, Any]:
    """An error as GitHub writes it, its type beside the message."""
    formatted: dict[str, Any] = dict(error.formatted)
    kind = (error.extensions or {}).get("type")
    formatted.pop("extensions", None)
    return ({"type": kind} if kind else {}) | {
        key: formatted[key] for key in ("path", "locations", "message") if formatted.get(key)
    }
