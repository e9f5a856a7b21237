"""What a query costs before it is answered: points and nodes, counted as GitHub's documentation says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

MOST_NODES = 500_000


@dataclass(slots=True)
class Cost:
    """Requests that the connections would take one by one, and the nodes they may give."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        """A point for a hundred requests, one at least."""
        return max(1, round(self.requests / 100))


def operation_of(parsed: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The operation that is to be run."""
    found = [each for each in parsed.definitions if isinstance(each, OperationDefinitionNode)]
    return next((each for each in found if name is None or (each.name and each.name.value == name)), None)


def cost_of(parsed: DocumentNode, name: str | None, variables: dict[str, Any]) -> Cost:
    """The cost of a valid query with these variables."""
    operation = operation_of(parsed, name)
    cost = Cost()
    if operation is not None:
        fragments = {each.name.value: each for each in parsed.definitions if isinstance(each, FragmentDefinitionNode)}
        defaults = {
            each.variable.name.value: _value(each.default_value, {})
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }
        _add(operation.selection_set, 1, cost, fragments, defaults | variables)
    return cost


def _add(
    selected: SelectionSetNode,
    parents: int,
    cost: Cost,
    fragments: dict[str, FragmentDefinitionNode],
    variables: dict[str, Any],
) -> None:
    for node in selected.selections:
        if isinstance(node, FragmentSpreadNode):
            _add(fragments[node.name.value].selection_set, parents, cost, fragments, variables)
            continue
        below = parents
        if isinstance(node, FieldNode):
            arguments = {each.name.value: _value(each.value, variables) for each in node.arguments or ()}
            size = arguments.get("first") or arguments.get("last")
            if isinstance(size, int):
                cost.requests += parents
                cost.nodes += parents * size
                below = parents * size
            elif isinstance(arguments.get("ids"), list):
                below = parents * max(1, len(arguments["ids"]))
        selection = getattr(node, "selection_set", None)
        if selection is not None:
            _add(selection, below, cost, fragments, variables)


def _value(node: ValueNode | None, variables: dict[str, Any]) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, IntValueNode):
        return int(node.value)
    return [_value(each, variables) for each in node.values] if isinstance(node, ListValueNode) else None
