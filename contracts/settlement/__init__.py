"""The month's settlement (PRODUCT 4.10): intake reads, computing applies the rules, posting pays.

`cases` holds the words that they share, `charging` prices the fee and the usage. `runs` leads: a
chunk of buyers is one transaction and passes twice, once to write its lines and once to move the
money of exactly those lines.
"""

from contracts.settlement.runs import ask_for, retry, run_due, work

__all__ = ["ask_for", "retry", "run_due", "work"]
