"""The search for assistants (MCP): tools, resources and prompts over the HTTP contract, with no logic of their own."""
