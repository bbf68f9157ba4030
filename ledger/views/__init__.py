"""The browser edge of money: wallets and statements, budgets, checks."""
