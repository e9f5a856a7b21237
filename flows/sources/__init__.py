"""Where people come from: one port, and what each source writes: the raw CSV contract and a ledger."""
