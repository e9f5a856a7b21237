"""The MCP server: what assistants see of the service, the same over every transport."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import cache, wraps
from typing import Any, TypeVar

import mcp_types as types
import orjson
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from indexing.run_environment import package_version
from service.mcp_server import prompts, resources
from service.mcp_server.contract import Contract, Refused
from service.mcp_server.people_text import NOTE, fenced, written
from service.mcp_server.tools import TOOLS, Tool

LOG = logging.getLogger("vivier.mcp")
INSTRUCTIONS = f"""Find developers by what they have built, in French or English. Start with search_people; \
explain_candidate says why somebody fits. {NOTE}

For internal mobility, open-source programmes, conferences and research: not for spam, and not for selling personal \
information to recruiters. Claim of people only what the evidence shows, and let a person decide."""
R = TypeVar("R")
Handler = Callable[[Any, Any], Awaitable[R]]


def make_server(contract: Contract, *, may_switch: bool) -> Server[Any]:
    """A server over one way to ask the service; tools that write are there only for who may use them."""
    offered = {tool.name: tool for tool in TOOLS if may_switch or not tool.writes}

    async def list_tools(_: Any, __: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_listed(tool) for tool in offered.values()])

    async def call_tool(_: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
        if asked.name not in offered:
            raise MCPError(types.INVALID_PARAMS, "No tool has this name; tools/list names them.")
        tool = offered[asked.name]
        try:
            arguments = tool.takes.model_validate(asked.arguments or {})
        except ValidationError as error:
            return _failed(_sentence(error))
        try:
            return _answered(await tool.run(contract, arguments))
        except Refused as refused:
            return _failed(str(refused))

    async def list_resources(_: Any, __: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=await resources.listed(contract))

    async def list_templates(_: Any, __: Any) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=resources.TEMPLATES)

    async def read_resource(_: Any, asked: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        found = await resources.read(asked.uri, contract)
        content = types.TextResourceContents(uri=asked.uri, mime_type=resources.JSON, text=_marked(found))
        return types.ReadResourceResult(contents=[content])

    server: Server[Any] = Server(
        "vivier",
        title="Vivier",
        version=package_version(),
        description="Talent search: developers by what they have built.",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda name: _listed(offered[name]).input_schema if name in offered else None,
        on_list_tools=_guarded(list_tools),
        on_call_tool=_guarded(call_tool),
        on_list_resources=_guarded(list_resources),
        on_list_resource_templates=_guarded(list_templates),
        on_read_resource=_guarded(read_resource),
        on_list_prompts=_guarded(_list_prompts),
        on_get_prompt=_guarded(_get_prompt),
    )
    server.middleware.clear()  # the SDK's spans carry messages of errors, which name people; the service makes its own
    return server


def _guarded(handler: Handler[R]) -> Handler[R]:
    """The handler, of whose failures a client learns no more than it should and the log no text at all."""

    @wraps(handler)
    async def answer(context: Any, asked: Any) -> R:
        try:
            return await handler(context, asked)
        except MCPError:
            raise
        except Refused as refused:
            code = types.INVALID_PARAMS if refused.status == 404 else types.INTERNAL_ERROR
            raise MCPError(code, str(refused)) from None
        except Exception as error:  # the outermost edge
            LOG.error("unexpected %s in an MCP request", type(error).__name__, exc_info=error)
            raise MCPError(types.INTERNAL_ERROR, "Something went wrong here; the log has where.") from None

    return answer


class _Untitled(GenerateJsonSchema):
    """Schemas without a title for every field that repeats its name: a model reads them before each conversation."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


@cache
def _listed(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(schema_generator=_Untitled),
        output_schema=tool.gives.model_json_schema(schema_generator=_Untitled, mode="serialization"),
        annotations=types.ToolAnnotations(
            title=tool.title,
            read_only_hint=not tool.writes,
            destructive_hint=tool.writes,  # whoever is being served is served by another release afterwards
            idempotent_hint=True,
            open_world_hint=not tool.writes,  # answers hold what strangers wrote
        ),
    )


def _answered(found: BaseModel) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(text=_marked(found))],
        structured_content=found.model_dump(mode="json"),
    )


def _failed(sentence: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=sentence)], is_error=True)


def _marked(found: BaseModel) -> str:
    return orjson.dumps(fenced(found.model_dump(mode="json"))).decode()


def _sentence(error: ValidationError) -> str:
    """What is wrong with the arguments; what was given is not repeated."""
    wrong = [
        f"{'.'.join(str(part) for part in one['loc']) or 'arguments'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors(include_url=False, include_input=False)[:10]
    ]
    return written("; ".join(wrong) + ".", 1_000) or ""


async def _list_prompts(_: Any, __: Any) -> types.ListPromptsResult:
    return types.ListPromptsResult(prompts=[one.prompt for one in prompts.SHORTLISTS.values()])


async def _get_prompt(_: Any, asked: types.GetPromptRequestParams) -> types.GetPromptResult:
    shortlist, given = prompts.SHORTLISTS.get(asked.name), asked.arguments or {}
    if shortlist is None:
        raise MCPError(types.INVALID_PARAMS, "No prompt has this name; prompts/list names them.")
    advertisement, count = given.get(prompts.ADVERTISEMENT, ""), given.get(prompts.COUNT) or "5"
    if not advertisement.strip():
        raise MCPError(types.INVALID_PARAMS, f"{prompts.ADVERTISEMENT}: give the text of the job advertisement.")
    if not (count.isdecimal() and len(count) < 3 and 1 <= int(count) <= prompts.MOST_SHORTLISTED):
        raise MCPError(types.INVALID_PARAMS, f"{prompts.COUNT}: a number from 1 to {prompts.MOST_SHORTLISTED}.")
    text = types.TextContent(text=shortlist.filled(advertisement, int(count)))
    message = types.PromptMessage(role="user", content=text)
    return types.GetPromptResult(description=shortlist.description, messages=[message])
